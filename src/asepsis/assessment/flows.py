"""Who talks to whom, gathered until it can be looked at: machines of one kind in one part of the network are one box, and what such a box
says to another is one line. A small network keeps its single machines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from asepsis.findings.service import counted
from asepsis.hospital.service import KINDS, POSSIBLE, counted_kind, told_kind

from .networks import PLACES_MAX, narrowest, place
from .talks import CLINICAL, OUTSIDE, Openness, Talk

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

SINGLES_MAX = 30
"""Up to so many machines each has a box of its own."""
BOXES_MAX = 38
"""More boxes than this cannot be told apart on a page; the world outside is one more."""

BEYOND = "\0beyond"
"""The place of what is outside; no zone is called so, whatever a hospital calls its zones."""
COLUMNS = (("life", "monitor"), ("support",), ("none", "unknown"))
_CLASSES = [name for names in COLUMNS for name in names]
_ELSEWHERE = "Elsewhere"
_NEARLY = 0.75
_REST = "\0rest"
"""Stands for a kind where the machines of several are folded; no kind is called so."""

_ORDER = {kind: n for n, kind in enumerate(KINDS)}

Key = tuple[str, int, str]
"""Place, column, and kind or id of an asset."""
_Rank = tuple[int, int, int]
"""Clinical in clear or not, how vital (0 is most), connections."""
_Item = TypeVar("_Item")
_Name = TypeVar("_Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Box:
    """Machines that are drawn as one. `place` is the zone or network they stand in, `column` what they do for patients; `speaks` what they
    send in clear."""

    id: str
    place: str
    column: int
    label: str
    detail: str
    number: int
    speaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """All that the machines of one box say to those of another; `clear` names the clinical protocols among it that anyone can read, and
    `readable` counts their connections."""

    source: str
    target: str
    services: tuple[str, ...]
    clear: tuple[str, ...]
    connections: int
    readable: int
    openness: Openness


@dataclass(frozen=True, slots=True)
class Flows:
    """Boxes in order of place, column and weight; edges, what is clinical in clear first, then the busiest."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """Machines that are never drawn apart: one, or those of one kind in one place. `kind` is one of KINDS, or `possible` and one."""

    id: str
    place: str
    kind: str
    clinical_class: str
    number: int = 1
    name: str = ""
    manufacturer: str = ""

    @property
    def column(self) -> int:
        return next(n for n, classes in enumerate(COLUMNS) if self.clinical_class in classes)

    @property
    def sure_kind(self) -> str:
        return self.kind.removeprefix(POSSIBLE)


def flows(assets: Iterable[Asset], talks: Sequence[Talk]) -> Flows:
    """Who says nothing is in no box."""
    heard = {end for talk in talks for end in (talk.source, talk.target)}
    members = [asset for asset in assets if asset.id in heard]
    prefix = narrowest(members)
    units = [Unit(a.id, place(a, prefix), told_kind(a), a.clinical_class, 1, a.name, a.manufacturer) for a in members]
    return flows_of(units, talks, len(members) <= SINGLES_MAX)


def flows_of(units: Sequence[Unit], talks: Sequence[Talk], single: bool = False) -> Flows:
    """The same of units, all of which talk. `single`: each has a box of its own, whatever its kind."""
    ranks = _ranks(talks)
    rank = {unit.id: (ranks[unit.id][0], -_CLASSES.index(unit.clinical_class), ranks[unit.id][1]) for unit in units}
    places = _places(units, rank)
    keys = {unit.id: (places[unit.id], unit.column, unit.id if single else unit.sure_kind) for unit in units}
    keys = _folded(keys, rank)
    edges = _edges(talks, keys)
    speaks: defaultdict[str, set[str]] = defaultdict(set)
    for edge in edges:
        speaks[edge.source].update(edge.clear)
    groups = _by(units, lambda unit: keys[unit.id])
    columns = _gathered(groups)
    heavy = {key: max(rank[unit.id] for unit in group) for key, group in groups.items()}
    order = sorted(groups, key=lambda key: _order(key, groups[key][0], heavy))
    boxes = [replace(box, speaks=tuple(sorted(speaks[box.id]))) for box in (_box(key, groups[key], columns[key]) for key in order)]
    if any(OUTSIDE in (edge.source, edge.target) for edge in edges):
        boxes.append(Box(OUTSIDE, BEYOND, len(COLUMNS) - 1, "Addresses outside", "", 1, tuple(sorted(speaks[OUTSIDE]))))
    return Flows(tuple(boxes), edges)


def place_and_kind(box: Box) -> tuple[str, str]:
    """What a box of groups stands for: its place, and its kind where it has one alone; nothing where it is of several places."""
    if box.id == OUTSIDE:
        return f"~{OUTSIDE}", ""
    kind = box.id.rpartition("|")[2]
    return "" if box.place == _ELSEWHERE else box.place, "" if kind == _REST else kind


def _ranks(talks: Iterable[Talk]) -> dict[str, tuple[int, int]]:
    """Of each that talks: whether it speaks clinical in clear or hears it, and in how many connections."""
    ranks: dict[str, tuple[int, int]] = {}
    for talk in talks:
        clear = int(talk.openness is Openness.CLEAR_CLINICAL)
        for end in (talk.source, talk.target):
            before = ranks.get(end, (0, 0))
            ranks[end] = (max(before[0], clear), before[1] + talk.connections)
    return ranks


def _places(units: Sequence[Unit], rank: dict[str, _Rank]) -> dict[str, str]:
    """The place of each; of places that are too many the last are one."""
    places = {unit.id: unit.place for unit in units}
    if len(set(places.values())) <= PLACES_MAX + 1:
        return places
    weight: defaultdict[str, set[tuple[int, int, str]]] = defaultdict(set)
    for unit in units:
        weight[unit.place].add((*rank[unit.id][:2], unit.sure_kind))
    kept = sorted(weight, key=lambda place: (-sum(clear or vital > -2 for clear, vital, _ in weight[place]), place))[:PLACES_MAX]
    return {id: place if place in kept else _ELSEWHERE for id, place in places.items()}


def _folded(keys: dict[str, Key], rank: dict[str, _Rank]) -> dict[str, Key]:
    """Kinds of a place and column that weigh least go into one box, until there are few enough; what is clinical in clear goes last."""
    groups = _by(keys, lambda id: keys[id])
    heavy = {key: max(rank[id] for id in ids) for key, ids in groups.items()}
    left, rests = len(groups), set[tuple[str, int]]()
    to: dict[Key, Key] = {}
    for key in sorted(groups, key=lambda key: (heavy[key], key)):
        if left <= BOXES_MAX:
            break
        left -= key[:2] in rests
        rests.add(key[:2])
        to[key] = (*key[:2], _REST)
    alone = Counter(to.values())
    return {id: to[key] if key in to and alone[to[key]] > 1 else key for id, key in keys.items()}


def _order(key: Key, first: Unit, heavy: dict[Key, _Rank]) -> tuple[object, ...]:
    """Places first in which most is clinical in clear, kinds in the order of what patients depend on, what is folded last."""
    there = [rank for other, rank in heavy.items() if other[0] == key[0]]
    weight = -sum(clear for clear, _, _ in there), -max(vital for _, vital, _ in there)
    kind = _ORDER.get(first.sure_kind, len(_ORDER))
    return key[0] == _ELSEWHERE, *weight, key[0], key[1], key[2] == _REST, _CLASSES.index(first.clinical_class), kind, first.name, first.id


def _gathered(keys: Iterable[Key]) -> dict[Key, int]:
    """The column of each box. A place of which nearly all stands in one column stands there whole: it takes less room so."""
    columns: dict[Key, int] = {}
    for keys_there in _by(keys, lambda key: key[0]).values():
        column, most = Counter(key[1] for key in keys_there).most_common(1)[0]
        columns |= {key: column if most >= _NEARLY * len(keys_there) else key[1] for key in keys_there}
    return columns


def _box(key: Key, group: list[Unit], column: int) -> Box:
    where, _, what = key
    id, number = "|".join(map(str, key)), sum(unit.number for unit in group)
    if number == 1:
        (one,) = group
        words = KINDS[one.sure_kind].words if one.sure_kind in KINDS else one.sure_kind
        label = f"{POSSIBLE}{words}" if one.kind != one.sure_kind else words
        return Box(id, where, column, label[:1].upper() + label[1:], one.name, 1)
    kinds: Counter[str] = Counter()
    for unit in group:
        kinds[unit.sure_kind] += unit.number
    if what == _REST:
        words = ", ".join(counted_kind(n, kind) for kind, n in kinds.most_common(3)) + (", ..." if len(kinds) > 3 else "")
        return Box(id, where, column, f"{number:,} machines of {counted(len(kinds), 'kind')}", words, number)
    guess = POSSIBLE if all(unit.kind != unit.sure_kind for unit in group) else ""
    label = counted_kind(number, f"{guess}{what}") if what in KINDS else f"{number:,} {what}"
    makers = [maker for maker, _ in Counter(unit.manufacturer for unit in group if unit.manufacturer).most_common()]
    return Box(id, where, column, label, ", ".join(makers), number)


def _edges(talks: Iterable[Talk], keys: dict[str, Key]) -> tuple[Edge, ...]:
    ids = {id: "|".join(map(str, key)) for id, key in keys.items()} | {OUTSIDE: OUTSIDE}
    pairs: defaultdict[tuple[str, str], list[Talk]] = defaultdict(list)
    for talk in talks:
        if talk.source in ids and talk.target in ids:
            pairs[ids[talk.source], ids[talk.target]].append(talk)
    found = [_edge(*pair, said) for pair, said in pairs.items()]
    return tuple(sorted(found, key=lambda edge: (-edge.openness, -edge.connections, edge.source, edge.target)))


def _edge(source: str, target: str, said: Sequence[Talk]) -> Edge:
    open_ones = [talk for talk in said if talk.openness is Openness.CLEAR_CLINICAL]
    connections = sum(talk.connections for talk in said)
    locked = sum(talk.encrypted for talk in said) == connections
    return Edge(
        source,
        target,
        tuple(sorted({service for talk in said for service in talk.services})),
        tuple(sorted({service for talk in open_ones for service in talk.services} & CLINICAL)),
        connections,
        sum(talk.clear for talk in said),
        Openness.CLEAR_CLINICAL if open_ones else Openness.ENCRYPTED if locked else Openness.OTHER,
    )


def _by(items: Iterable[_Item], key: Callable[[_Item], _Name]) -> dict[_Name, list[_Item]]:
    groups: defaultdict[_Name, list[_Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)
