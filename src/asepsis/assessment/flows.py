"""Who talks to whom, gathered until it can be looked at: machines of one kind in one part of the network are one box, and what such a box
says to another is one line. A small network keeps its single machines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, TypeVar

from asepsis.findings.service import counted
from asepsis.hospital.service import KINDS, POSSIBLE, counted_kind, is_guess

from .talks import CLINICAL, OUTSIDE, Openness, Talk

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

SINGLES_MAX = 30
"""Up to so many machines each has a box of its own."""
BOXES_MAX = 38
"""More boxes than this cannot be told apart on a page; the world outside is one more."""
PLACES_MAX = 9
"""More frames cannot either; all other parts of the network share one."""

BEYOND = "\0beyond"
"""The place of what is outside; no zone is called so, whatever a hospital calls its zones."""
COLUMNS = (("life", "monitor"), ("support",), ("none", "unknown"))
_CLASSES = [name for names in COLUMNS for name in names]
_PREFIXES = ((24, 64), (20, 56), (16, 48))
"""Bits of networks, of IPv4 and IPv6: a subnet, a part of a site, a site (RFC 6177)."""
_NOWHERE = "Address not seen"
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


def flows(assets: Iterable[Asset], talks: Sequence[Talk]) -> Flows:
    """Who says nothing is in no box."""
    ranks = _ranks(talks)
    members = {asset.id: asset for asset in assets if asset.id in ranks}
    rank = {id: (ranks[id][0], -_CLASSES.index(asset.clinical_class), ranks[id][1]) for id, asset in members.items()}
    places = _places(members, rank)
    single = len(members) <= SINGLES_MAX
    keys = {id: (places[id], _column(asset), id if single else asset.kind) for id, asset in members.items()}
    keys = _folded(keys, rank)
    edges = _edges(talks, keys)
    speaks: defaultdict[str, set[str]] = defaultdict(set)
    for edge in edges:
        speaks[edge.source].update(edge.clear)
    groups = _by(members.values(), lambda asset: keys[asset.id])
    columns = _gathered(groups)
    heavy = {key: max(rank[asset.id] for asset in group) for key, group in groups.items()}
    order = sorted(groups, key=lambda key: _order(key, groups[key][0], heavy))
    boxes = [replace(box, speaks=tuple(sorted(speaks[box.id]))) for box in (_box(key, groups[key], columns[key]) for key in order)]
    if any(OUTSIDE in (edge.source, edge.target) for edge in edges):
        boxes.append(Box(OUTSIDE, BEYOND, len(COLUMNS) - 1, "Addresses outside", "", 1, tuple(sorted(speaks[OUTSIDE]))))
    return Flows(tuple(boxes), edges)


def _ranks(talks: Iterable[Talk]) -> dict[str, tuple[int, int]]:
    """Of each that talks: whether it speaks clinical in clear or hears it, and in how many connections."""
    ranks: dict[str, tuple[int, int]] = {}
    for talk in talks:
        clear = int(talk.openness is Openness.CLEAR_CLINICAL)
        for end in (talk.source, talk.target):
            before = ranks.get(end, (0, 0))
            ranks[end] = (max(before[0], clear), before[1] + talk.connections)
    return ranks


def _column(asset: Asset) -> int:
    return next(n for n, classes in enumerate(COLUMNS) if asset.clinical_class in classes)


def _places(members: dict[str, Asset], rank: dict[str, _Rank]) -> dict[str, str]:
    """Zone of each, else its network, the narrowest with which there are few enough; of places that are still too many the last are one."""
    places: dict[str, str] = {}
    for bits in _PREFIXES:
        places = {id: _place(asset, *bits) for id, asset in members.items()}
        if len(set(places.values())) <= PLACES_MAX + 1:
            return places
    weight: defaultdict[str, set[tuple[int, int, str]]] = defaultdict(set)
    for id, place in places.items():
        weight[place].add((*rank[id][:2], members[id].kind))
    kept = sorted(weight, key=lambda place: (-sum(clear or vital > -2 for clear, vital, _ in weight[place]), place))[:PLACES_MAX]
    return {id: place if place in kept else _ELSEWHERE for id, place in places.items()}


def _place(asset: Asset, bits4: int, bits6: int) -> str:
    if asset.zone:
        return asset.zone
    try:
        ip = ip_address(next(iter(asset.addresses), ""))
    except ValueError:
        return _NOWHERE
    shift = ip.max_prefixlen - (bits4 if ip.version == 4 else bits6)
    return _network(ip.version, int(ip) >> shift << shift, ip.max_prefixlen - shift)


@cache
def _network(version: int, address: int, bits: int) -> str:
    return str((IPv4Network if version == 4 else IPv6Network)((address, bits)))


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


def _order(key: Key, first: Asset, heavy: dict[Key, _Rank]) -> tuple[object, ...]:
    """Places first in which most is clinical in clear, kinds in the order of what patients depend on, what is folded last."""
    there = [rank for other, rank in heavy.items() if other[0] == key[0]]
    weight = -sum(clear for clear, _, _ in there), -max(vital for _, vital, _ in there)
    kind = _ORDER.get(first.kind, len(_ORDER))
    return key[0] == _ELSEWHERE, *weight, key[0], key[1], key[2] == _REST, _CLASSES.index(first.clinical_class), kind, first.name, first.id


def _gathered(keys: Iterable[Key]) -> dict[Key, int]:
    """The column of each box. A place of which nearly all stands in one column stands there whole: it takes less room so."""
    columns: dict[Key, int] = {}
    for keys_there in _by(keys, lambda key: key[0]).values():
        column, most = Counter(key[1] for key in keys_there).most_common(1)[0]
        columns |= {key: column if most >= _NEARLY * len(keys_there) else key[1] for key in keys_there}
    return columns


def _box(key: Key, group: list[Asset], column: int) -> Box:
    place, _, what = key
    id = "|".join(map(str, key))
    if len(group) == 1:
        (asset,) = group
        words = KINDS[asset.kind].words if asset.kind in KINDS else asset.kind
        label = f"{POSSIBLE}{words}" if is_guess(asset) else words
        return Box(id, place, column, label[:1].upper() + label[1:], asset.name, 1)
    kinds = Counter(asset.kind for asset in group)
    if what == _REST:
        words = ", ".join(counted_kind(n, kind) for kind, n in kinds.most_common(3)) + (", ..." if len(kinds) > 3 else "")
        return Box(id, place, column, f"{len(group):,} machines of {counted(len(kinds), 'kind')}", words, len(group))
    guess = POSSIBLE if all(map(is_guess, group)) else ""
    label = counted_kind(len(group), f"{guess}{what}") if what in KINDS else f"{len(group):,} {what}"
    makers = [maker for maker, _ in Counter(asset.manufacturer for asset in group if asset.manufacturer).most_common()]
    return Box(id, place, column, label, ", ".join(makers), len(group))


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
