"""The map, from far to near: parts of the network, kinds of machine in them, machines; and what two machines say to each other.

All of it is read from the running table (`running`): from sums where machines are not told apart, from pages of pairs where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from asepsis.hospital.service import KINDS, POSSIBLE, counted_kind
from asepsis.kit.errors import WrongUse

from .flows import Flows, Unit, flows_of
from .grouped import APART, Group
from .picture import NAMES
from .talks import CLINICAL, MANY, OUTSIDE, Openness, Pair, Tally, names, talks

if TYPE_CHECKING:
    from .models import SumQuery

PAGE = 100
"""Rows of one page of a table."""
DRAWN = 600
"""Sums that a picture is made of, the heaviest: it has room for a hundred lines."""
BEYOND_WORDS = {OUTSIDE: "outside the hospital", MANY: "many other machines"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown. Places are those of `place_of`. `place` and `kind`: of either end. Conversations with patients' data in `clear`
    only; `clinical`: of machines at the bedside, or in protocols about patients; to or from `outside`."""

    source: str = ""
    source_kind: str = ""
    target: str = ""
    target_kind: str = ""
    place: str = ""
    kind: str = ""
    clear: bool = False
    clinical: bool = False
    outside: bool = False

    @property
    def of_machines(self) -> bool:
        """Whether machines are told apart."""
        return bool(self.source_kind and self.target_kind)

    @property
    def of_kinds(self) -> bool:
        """Whether kinds are told apart."""
        return bool(self.source or self.target or self.place)

    def query(self, **more: Any) -> str:
        """The same as the end of an address, with `more`."""
        told = {name: getattr(self, name) for name in self.__slots__} | more
        given = {name: 1 if value is True else value for name, value in told.items() if value}
        return f"?{urlencode(given)}" if given else "?"

    def rows(self, rows: SumQuery, known: Groups) -> SumQuery:
        """Those of sums that are asked for."""
        for end in ("source", "target"):
            place, kind = getattr(self, end), getattr(self, f"{end}_kind")
            if place:
                rows = rows.filter(**{f"{end}__in": at(known, place, kind)})
        if self.place:
            rows = rows.either(at(known, self.place, self.kind))
        if self.outside:
            rows = rows.either(at(known, f"~{OUTSIDE}"))
        if self.clear:
            rows = rows.filter(openness=int(Openness.CLEAR_CLINICAL))
        return rows.clinical([id for id, (group, _) in known.items() if group.bedside], CLINICAL) if self.clinical else rows

    def hears(self, source: Group, target: Group, service: str, openness: int) -> bool:
        """Whether a service is asked for."""
        if self.clear and openness != Openness.CLEAR_CLINICAL:
            return False
        return not self.clinical or source.bedside or target.bedside or not CLINICAL.isdisjoint(names(service))


@dataclass(slots=True)
class Sum:
    """What was said between two ends, in all services together."""

    services: set[str] = field(default_factory=set)
    open_ones: set[str] = field(default_factory=set)
    connections: int = 0
    clear: int = 0
    encrypted: int = 0
    first_us: int = 1 << 62
    last_us: int = 0

    def add(self, service: str, openness: int, tally: Tally) -> None:
        told = names(service)
        self.services.update(told)
        self.connections += tally.connections
        self.first_us, self.last_us = min(self.first_us, tally.first), max(self.last_us, tally.last)
        if openness == Openness.CLEAR_CLINICAL:
            self.clear += tally.connections
            self.open_ones.update(CLINICAL.intersection(told))
        elif openness == Openness.ENCRYPTED:
            self.encrypted += tally.connections

    @property
    def speaks(self) -> str:
        return in_words(self.services) or "unknown protocol"

    @property
    def how(self) -> str:
        """What a listener on the way can read."""
        if self.clear:
            return f"patients' data in clear: {in_words(self.open_ones)} {self.clear:,}"
        if self.encrypted == self.connections:
            return "encrypted"
        return f"{self.encrypted:,} of {self.connections:,} encrypted" if self.encrypted else "not encrypted, no patients' data seen"

    @property
    def first(self) -> datetime:
        return moment(self.first_us)

    @property
    def last(self) -> datetime:
        return moment(self.last_us)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: who, with whom, what, and where it is told nearer."""

    source: str
    target: str
    sum: Sum
    href: str
    bedside: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """The lines of one page, whether there are `more`, and the picture of all that is asked for; of its heaviest, where it is `cut`."""

    lines: Sequence[Line]
    more: bool
    flows: Flows
    cut: bool


_SAID = ("source", "target", "service", "openness", "connections", "first", "last")

Groups = Mapping[int, tuple[Group, int]]
"""Groups by number, with how many machines they have."""


def moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def in_words(services: Iterable[str]) -> str:
    """Protocols as people write them, the clinical first."""
    return ", ".join(NAMES.get(name, name) for name in sorted(services, key=lambda name: (name not in CLINICAL, name)))


def place_of(group: Group) -> str:
    """Where a group is, as an address names it; what is in no part of the network has a name that no part has."""
    return group.place or f"~{group.kind}"


def place_in_words(place: str) -> str:
    return BEYOND_WORDS.get(place[1:], place) if place.startswith("~") else place


def kind_in_words(group: Group, machines: int) -> str:
    """`12 CT scanners`; `CT scanner` of one alone."""
    if not group.place:
        return BEYOND_WORDS[group.kind]
    sure = group.kind.removeprefix(POSSIBLE)
    if machines == 1:
        return f"{POSSIBLE if sure != group.kind else ''}{KINDS[sure].words if sure in KINDS else sure}"
    return counted_kind(machines, group.kind) if sure in KINDS else f"{machines:,} {group.kind}"


def groups() -> Groups:
    from .models import GroupRow

    told = GroupRow.objects.values_list("id", "place", "kind", "clinical_class", "machines")
    return {id: (Group(*group), machines) for id, *group, machines in told}


def at(known: Groups, place: str, kind: str = "") -> list[int]:
    """The numbers of the groups in a place, or of one kind there; of all that is in it together too."""
    return [id for id, (group, _) in known.items() if place_of(group) == place and kind in ("", group.kind)]


def chart(asked: Asked, page: int = 1) -> Chart:
    """Parts of the network, or kinds of machine in them, and what they say to each other: the page `page` of it, from 1."""
    from .models import FlowRow, PlaceFlowRow

    known = groups()
    flows = asked.rows(FlowRow.objects.all(), known)
    rows = flows if asked.of_kinds else asked.rows(PlaceFlowRow.objects.all(), known)
    pairs = [pair[:2] for pair in rows.by_pairs()[(page - 1) * PAGE : page * PAGE + 1]]
    told_as: dict[int, Group] = {id: group if asked.of_kinds else _far(group) for id, (group, _) in known.items()}
    shown = {(told_as[one], told_as[other]) for one, other in pairs[:PAGE] if one in known and other in known}
    numbers: dict[Group, list[int]] = {}
    for id, (group, _) in known.items():
        if asked.of_kinds or group == group.whole:
            numbers.setdefault(told_as[id], []).append(id)
    whole = rows.among((one, other) for pair in shown for one in numbers[pair[0]] for other in numbers[pair[1]])
    sums: dict[tuple[Group, Group], Sum] = {}
    for source, target, service, openness, *tally in whole.values_list(*_SAID):
        if (pair := (told_as[source], told_as[target])) in shown:
            sums.setdefault(pair, Sum()).add(service, openness, Tally(*tally))
    machines = dict(known.values())
    lines = [_line(asked, pair, of, machines) for pair, of in sums.items()]
    lines.sort(key=lambda line: (-line.sum.clear, not line.bedside, -line.sum.connections, line.source, line.target))
    heaviest = list(flows.heaviest(DRAWN + 1, asked.of_kinds or asked.outside).values_list(*_SAID))
    return Chart(lines, len(pairs) > PAGE, _flows(known, heaviest[:DRAWN]), len(heaviest) > DRAWN)


def _far(group: Group) -> Group:
    """Where a group is, of whatever kind."""
    return group if not group.place else Group(group.place, "", "")


def _line(asked: Asked, pair: tuple[Group, Group], of: Sum, machines: Mapping[Group, int]) -> Line:
    near = {"source": place_of(pair[0]), "target": place_of(pair[1])}
    bedside = any(end.bedside for end in pair)
    if not asked.of_kinds:
        source, target = (place_in_words(place_of(end)) for end in pair)
        return Line(source, target, of, asked.query(**near), bedside)
    near |= {"source_kind": pair[0].kind, "target_kind": pair[1].kind}
    source, target = (f"{place_of(end)}: {kind_in_words(end, machines[end])}" if end.place else BEYOND_WORDS[end.kind] for end in pair)
    return Line(source, target, of, replace(asked, place="", kind="").query(**near), bedside)


def _flows(known: Groups, told: Iterable[tuple[Any, ...]]) -> Flows:
    """The picture of groups. Who stands for many is in the table alone: a box of it would be nowhere."""
    said: dict[Pair, Tally] = {}
    for source, target, service, openness, *tally in told:
        ends = [known[end][0] for end in (source, target) if end in known]
        if len(ends) == 2 and APART[MANY] not in ends:
            one, other = (OUTSIDE if group.kind == OUTSIDE else str(id) for group, id in zip(ends, (source, target), strict=True))
            said[Pair(one, other, service, Openness(openness))] = Tally(*tally)
    heard = {int(end) for pair in said for end in pair[:2] if end != OUTSIDE}
    units = [Unit(str(id), group.place, group.kind, group.clinical_class, max(n, 1)) for id in sorted(heard) for group, n in [known[id]]]
    return flows_of(units, talks(said))


@dataclass(frozen=True, slots=True)
class Machines:
    """A page of pairs of machines, by their ids, and where the next begins: empty after the last."""

    pairs: Sequence[tuple[str, str, Sum]]
    next: str


def machines(asked: Asked, after: str = "") -> Machines:
    """Pairs of machines of two kinds in two places, as many as stand on a page, those behind a mark. Raises WrongUse for a mark that is
    none."""
    from .models import TalkRow

    known = groups()
    sides = [at(known, place, kind) for place, kind in ((asked.source, asked.source_kind), (asked.target, asked.target_kind))]
    rows = TalkRow.objects.filter(source_group__in=sides[0], target_group__in=sides[1])
    if asked.clear:
        rows = rows.filter(openness=int(Openness.CLEAR_CLINICAL))
    if after:
        source, _, target = after.partition(" ")
        if not target or not after.isprintable():
            raise WrongUse("this is no place in the list", after[:40], "begin at its top")
        rows = rows.behind(source, target)
    found = list(rows.order_by("source", "target").values_list("source", "target").distinct()[: PAGE + 1])
    sums = sums_of(rows.filter(source__in={s for s, _ in found}, target__in={t for _, t in found}), known, asked)
    pairs = [(*pair, sums[pair]) for pair in found[:PAGE] if pair in sums]
    return Machines(pairs, " ".join(found[PAGE - 1]) if len(found) > PAGE else "")


def sums_of(rows: Any, known: Groups, asked: Asked) -> dict[tuple[str, str], Sum]:
    """What each pair of machines says, of what is asked for."""
    found: dict[tuple[str, str], Sum] = {}
    told = rows.values_list("source", "target", "source_group", "target_group", "service", "openness", "connections", "first", "last")
    for source, target, one, other, service, openness, *tally in told:
        if one in known and other in known and asked.hears(known[one][0], known[other][0], service, openness):
            found.setdefault((source, target), Sum()).add(service, openness, Tally(*tally))
    return found


def between(source: str, target: str) -> list[tuple[str, Sum]]:
    """What one machine says to another: each service with its counts and times, the most readable first."""
    from .models import TalkRow

    found: list[tuple[str, Sum]] = []
    if not f"{source}{target}".isprintable():
        return found
    for row in TalkRow.objects.filter(source=source, target=target).order_by("-openness", "-connections", "service"):
        of = Sum()
        of.add(row.service, row.openness, Tally(row.connections, row.first, row.last))
        found.append((row.service, of))
    return found
