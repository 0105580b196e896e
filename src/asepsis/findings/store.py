"""Findings and lines in the store: read as far as they are needed, written where they changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from asepsis.kit.errors import WrongUse
from asepsis.notices.service import least, tell

from . import life
from .announcement import announced
from .finding import Effort, Finding, State, digest_of
from .line import MEMBERS_MAX, STEPS_MAX, Group, Line, Place, line_of, place
from .listing import FindingsAsked, LinesAsked
from .remark import Remark, Sort
from .ssvc import Decision
from .tally import TALLIED, Tally, tallied
from .worklist import folded

if TYPE_CHECKING:
    from .models import FindingQuery

_AT_ONCE = 500
_ORDER = ("rank", "id")
_ORDER_OF_LINES = ("lead__rank", "lead__id")
_OF_PEOPLE = "assigned"
"""The column that no check writes."""


class Brief(NamedTuple):
    """What is known of a finding without reading it whole: its id, the identity of its fault, and the digest of all that was said of it."""

    id: str
    key: str
    digest: str


def briefs(check: str) -> list[Brief]:
    """All findings of a check in short."""
    from .models import FindingRow

    return [Brief(*row) for row in FindingRow.objects.filter(check_id=check).values_list("id", "key", "digest")]


def turning(check: str, now: datetime) -> frozenset[str]:
    """The findings of a check that turn when they are told again as before: those that are closed, and those that were silent for long."""
    from .models import FindingRow

    return frozenset(FindingRow.objects.filter(check_id=check).turning(now - life.STALE_AFTER).values_list("id", flat=True))


def resting(check: str) -> frozenset[str]:
    """The findings of a check that do not turn when they are not told any more."""
    from .models import FindingRow

    return frozenset(FindingRow.objects.filter(check_id=check).resting().values_list("id", flat=True))


def faults(keys: Iterable[str]) -> frozenset[str]:
    """Those of these identities that findings have, whatever became of them."""
    from .models import FindingRow

    return frozenset(key for some in _some(keys) for key in FindingRow.objects.filter(key__in=some).values_list("key", flat=True))


def over(keys: Iterable[str]) -> list[Finding]:
    """The findings of these identities that are closed or silent, whole."""
    from .models import FindingRow

    rows = FindingRow.objects.filter(state__in=[State.STALE.value, State.CLOSED.value]).prefetch_related("changes")
    return [row.value(row.changes.all()) for some in _some(keys) for row in rows.filter(key__in=some)]


def parts(whole: str) -> list[Finding]:
    """The findings that one tells of."""
    from .models import FindingRow

    return [row.value(row.changes.all()) for row in FindingRow.objects.filter(part_of=whole).prefetch_related("changes")]


def taken(ids: Iterable[str]) -> frozenset[str]:
    """Those of these ids that findings have."""
    from .models import FindingRow

    return frozenset(id for some in _some(ids) for id in FindingRow.objects.filter(id__in=some).values_list("id", flat=True))


def _some(keys: Iterable[str]) -> Iterator[list[str]]:
    """As many at once as a query may name."""
    wanted = iter(sorted(keys))
    while some := list(islice(wanted, _AT_ONCE)):
        yield some


def load(ids: Collection[str] | None = None) -> list[Finding]:
    """Findings whole: all, or those of these ids."""
    from .models import FindingRow

    rows = FindingRow.objects.prefetch_related("changes")
    if ids is None:
        return [row.value(row.changes.all()) for row in rows]
    return [row.value(row.changes.all()) for some in _some(ids) for row in rows.filter(id__in=some)]


def ended(today: date) -> list[tuple[str, str]]:
    """Id and check of the findings whose acceptance is over."""
    from .models import FindingRow

    return list(FindingRow.objects.overdue(today).values_list("id", "check_id"))


def save(changed: Iterable[Finding], known: Mapping[str, Finding], said: Mapping[str, str] = MappingProxyType({})) -> None:
    """Writes findings that changed, their new turns, and the lines that they were or are in. `said` are digests by id, where what a check
    says is not what a finding keeps. Who is told of what turned is noted with it: both are there, or none."""
    from .models import ChangeRow, FindingRow

    changed = list(changed)
    columns = [column.name for column in FindingRow._meta.concrete_fields if not column.primary_key and column.name != _OF_PEOPLE]
    rows = [FindingRow.of(finding, said.get(finding.id) or digest_of(finding.seen)) for finding in changed]
    FindingRow.objects.bulk_create(rows, batch_size=_AT_ONCE, update_conflicts=True, unique_fields=["id"], update_fields=columns)
    turns = []
    for finding in changed:
        told = len(known[finding.id].history) if finding.id in known else 0
        turns += [ChangeRow(finding_id=finding.id, at=t.at, what=t.what, who=t.who, why=t.why) for t in finding.history[told:]]
    ChangeRow.objects.bulk_create(turns, batch_size=_AT_ONCE)
    count(*tallied(changed, known))
    refresh({place(f) for f in changed} | {place(known[f.id]) for f in changed if f.id in known})
    if (rank := least()) is not None:
        tell(announced((finding for finding in changed if finding.decision.rank >= rank), known))


def count(counts: Mapping[Tally, int], leads: Mapping[Tally, str]) -> None:
    """Adds to the tallies that are kept."""
    from .models import TallyRow

    if not counts:
        return
    named = {(t.place[0], t.what, t.day, *t.place[1:], t.decision.rank, t.hurts): t for t in counts}
    days, checks, turns = {t.day for t in counts}, {t.place[0] for t in counts}, {t.what for t in counts}
    near = TallyRow.objects.filter(check_id__in=checks, what__in=turns, day__range=(min(days), max(days)))
    kept = {row[:-2]: row[-2:] for row in near.values_list(*TALLIED, "count", "lead")}
    rows = []
    for name, tally in named.items():
        count, lead = kept.get(name, (0, leads[tally]))
        rows.append(TallyRow(**dict(zip(TALLIED, name, strict=True)), count=count + counts[tally], lead=lead))
    TallyRow.objects.bulk_create(rows, batch_size=_AT_ONCE, update_conflicts=True, unique_fields=TALLIED, update_fields=["count"])


def refresh(places: Collection[Place]) -> None:
    """Makes the lines of these places again."""
    from .models import FindingRow, LineRow

    for where in sorted(places):
        kept = LineRow.objects.filter(check_id=where[0], zone=where[1], asset_kind=where[2])
        kept.delete()
        if line := _line(FindingRow.objects.of(where).to_do()):
            LineRow.of(line).save(force_insert=True)


def lines(now: datetime, asked: LinesAsked) -> list[Line]:
    """The worklist as it stands; what an acceptance has ended in since the last run is looked at anew."""
    _after_upgrade()
    from .models import LineRow

    written = (now.date(), *LineRow.written())
    # Threads share what is known: each works on the one that it took, which is put in place whole.
    known = _KNOWN[0]
    if written != known.written:
        known = _KNOWN[0] = _Known(written, _groups(now))
    if asked not in known.lines:
        listed = folded(group for group, _ in known.groups if asked.wants(group))
        leads = {lead.id: lead for _, lead in known.groups if lead}
        leads |= {finding.id: finding for finding in load({group.members[0].id for group in listed} - leads.keys())}
        found = [Line(leads[group.members[0].id], group) for group in listed]
        known.lines = dict(list(known.lines.items())[-_ASKED_MAX:]) | {asked: found}
        return found
    return known.lines[asked]


@dataclass
class _Known:
    """The worklist as it was last written: a page that is asked for again and again puts it together once."""

    written: tuple[object, ...] = ()
    groups: Sequence[tuple[Group, Finding | None]] = ()
    lines: dict[LinesAsked, list[Line]] = field(default_factory=dict)


_KNOWN = [_Known()]
_ASKED_MAX = 32


def _groups(now: datetime) -> list[tuple[Group, Finding | None]]:
    """All lines; of those of which the day ended an acceptance with the finding that leads them now."""
    from .models import FindingRow, LineRow

    today = now.date()
    anew = FindingRow.objects.overdue(today).places()
    kept = [(row.group(), None) for row in LineRow.objects.all() if (row.check_id, row.zone, row.asset_kind) not in anew]
    fresh = [line for where in sorted(anew) if (line := _line(FindingRow.objects.of(where).to_do(today), now))]
    return [*kept, *((line.group, line.lead) for line in fresh)]


def first_lines(most: int, decision: Decision | None, efforts: Collection[Effort]) -> tuple[list[Line], int]:
    """The first lines of the worklist as the last run left it, none folded: of a decision, of works that take so long, where these are
    given; and how many there are."""
    _after_upgrade()
    from .models import LineRow

    long = {effort.value for effort in efforts}
    # Of some thousand lines this is read, and the few that are told whole: a store asked for them by decision looks through all findings.
    ranks = LineRow.objects.order_by(*_ORDER_OF_LINES).values_list("pk", "lead__decision_rank", "effort")
    wanted = [pk for pk, rank, effort in ranks if (not decision or rank == decision.rank) and (not long or effort in long)]
    rows = LineRow.objects.select_related("lead").in_bulk(wanted[:most])
    return [Line(row.lead.value(()), row.group()) for pk in wanted[:most] for row in [rows[pk]]], len(wanted)


def _line(rows: FindingQuery, now: datetime | None = None) -> Line | None:
    """What rows that call for work add up to: told by the gravest, counted by the store."""
    first = [row.value(()) for row in rows.order_by(*_ORDER)[:MEMBERS_MAX]]
    if not first:
        return None
    line = line_of([life.expired(finding, now) for finding in first] if now else first)
    if len(first) < MEMBERS_MAX:
        return line
    told = rows.totals()
    told["effort"] = list(Effort)[told["effort"]]
    faults = rows.order_by("fault").values_list("fault", flat=True).distinct()[:STEPS_MAX]
    told["faults"] = tuple(dict.fromkeys((*line.totals.faults, *faults)))[:STEPS_MAX]
    return Line(line.lead, replace(line.group, totals=replace(line.totals, **told)))


def _after_upgrade() -> None:
    """A store of an older version has findings and no lines yet."""
    from .models import FindingRow, LineRow

    on = FindingRow.objects.to_do()
    if not LineRow.objects.exists() and on.exists():
        refresh(on.places())


def find(finding_id: str) -> Finding:
    """One finding, by its id or the beginning of it. Raises WrongUse if there is none or more than one."""
    from .models import FindingRow

    # Between the prefix and what sorts behind all that begin so: by the index, where a search for a prefix looks at every row.
    begun = FindingRow.objects.filter(id__gte=finding_id, id__lt=f"{finding_id}z", id__startswith=finding_id)
    rows: list[FindingRow] = list(begun[:2]) if finding_id else []
    if len(rows) != 1:
        raise WrongUse("more than one finding" if rows else "no such finding", finding_id, "`asepsis findings list` names them")
    return rows[0].value(rows[0].changes.all())


def accepted_at(at: datetime) -> list[Finding]:
    """Those that were accepted at that time, and are."""
    from .models import FindingRow

    rows = FindingRow.objects.filter(state=State.ACCEPTED.value, turned=at).prefetch_related("changes")
    return [row.value(row.changes.all()) for row in rows]


def page(asked: FindingsAsked, devices: Collection[str] | None, after: Sequence[str | int] | None, most: int) -> tuple[list[Finding], bool]:
    """The findings of a page, without their history, and whether there are more. Those of `devices` alone, if given."""
    from .models import FindingRow

    rows = FindingRow.objects.asked(asked)
    if devices is not None:
        rows = rows.filter(device__in=devices)
    if after:
        rank, id = after
        rows = rows.filter(rank__gte=rank).exclude(rank=rank, id__lte=id)
    found = [row.value(()) for row in rows.order_by(*_ORDER)[: most + 1]]
    return found[:most], len(found) > most


def ids_in(places: Collection[Place], most: int) -> list[str]:
    """The findings that call for work in these lines: at most so many."""
    from .models import FindingRow

    found: list[str] = []
    for where in sorted(places):
        found += FindingRow.objects.of(where).to_do().values_list("id", flat=True)[: most - len(found)]
        if len(found) >= most:
            break
    return found


def assign(ids: Collection[str], to: str) -> None:
    """Writes who works on these."""
    from .models import FindingRow

    for some in _some(ids):
        FindingRow.objects.filter(id__in=some).update(assigned=to)


def assigned(ids: Collection[str]) -> dict[str, str]:
    """Who works on which of these."""
    from .models import FindingRow

    rows = FindingRow.objects.exclude(assigned="").values_list("id", "assigned")
    return dict(row for some in _some(ids) for row in rows.filter(id__in=some))


def remark(ids: Collection[str], sort: Sort, who: str, at: datetime, text: str) -> None:
    """Adds the same remark to these."""
    from .models import RemarkRow

    made = [RemarkRow(finding_id=id, at=at, who=who, sort=sort.value, text=text) for id in ids]
    RemarkRow.objects.bulk_create(made, batch_size=_AT_ONCE)


def remarks(finding_id: str) -> list[Remark]:
    """The remarks on a finding, in order."""
    from .models import RemarkRow

    return [row.value() for row in RemarkRow.objects.filter(finding_id=finding_id)]


def redact(n: int) -> str:
    """Takes the words out of a remark; the id of its finding. Raises WrongUse where there is none."""
    from .models import RemarkRow

    row = RemarkRow.objects.filter(pk=n, sort=Sort.COMMENT.value, redacted=False).first()
    if row is None:
        raise WrongUse("no such comment", str(n), "look at the finding again")
    row.text, row.redacted = "", True
    row.save()
    return str(row.finding_id)


def pulse() -> tuple[object, ...]:
    """What differs once a finding has turned, somebody has said something, or a line was made anew."""
    from .models import LineRow, RemarkRow

    return (RemarkRow.objects.order_by("-pk").values_list("pk", flat=True).first(), *LineRow.written())
