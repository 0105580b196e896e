"""What a day did to the findings of a line, counted: what is asked of weeks and months of a million findings, which nobody can read again.

A tally counts turns ("opened", "closed") in each line and in all, or, as `ON_THE_LIST`, by how many the findings that call for work became
more. So those that called for work at the end of any day are the sum of all days until then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .finding import Finding
from .harm import can_hurt
from .line import Place, place
from .ssvc import Decision
from .worklist import ON_THE_LIST as CALLING

ON_THE_LIST = "on the list"
EVERYWHERE: Place = ("", "", "")
"""All lines together: what is asked of months must not add up the lines of each day again."""
TALLIED = ("check_id", "what", "day", "zone", "asset_kind", "decision_rank", "hurts")
"""The columns by which tallies are kept apart."""
TURNS = ("opened", "reopened", "closed", "accepted", "stale", "handed over")


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted apart. `hurts`: whether a patient could be hurt (`harm.can_hurt`)."""

    day: date
    what: str
    place: Place
    decision: Decision
    hurts: bool


@dataclass(frozen=True, slots=True)
class DayCount:
    """So many turns of one sort on one day (UTC), in all lines."""

    day: date
    what: str
    decision: Decision
    hurts: bool
    count: int


@dataclass(frozen=True, slots=True)
class Turned:
    """So many findings of one line that turned in the same way; `decision` is the gravest. `title` is that of the finding `lead`, `fault`
    tells of many; `device` is the kind of machine."""

    lead: str
    title: str
    fault: str
    zone: str
    device: str
    decision: Decision
    hurts: bool
    count: int


@dataclass(frozen=True, slots=True)
class Stood:
    """How many findings called for work when a day began; of these, those through which a patient could be hurt, and of these those to be
    acted on now."""

    day: date
    all: int
    hurting: int
    hurting_now: int


@dataclass(frozen=True, slots=True)
class Decided:
    """An acceptance: who lives with what, for which reason, until the end of which day."""

    finding: str
    title: str
    who: str
    why: str
    at: datetime | None
    until: date | None
    decision: Decision
    hurts: bool


def tallied(changed: Iterable[Finding], known: Mapping[str, Finding]) -> tuple[Counter[Tally], dict[Tally, str]]:
    """What findings that changed add to the tallies, and for each a finding that it tells of."""
    counts: Counter[Tally] = Counter()
    leads: dict[Tally, str] = {}
    for finding in changed:
        for tally, number in _of(known.get(finding.id), finding):
            counts[tally] += number
            leads.setdefault(tally, finding.id)
    return Counter({tally: number for tally, number in counts.items() if number}), leads


def _of(before: Finding | None, after: Finding) -> Iterator[tuple[Tally, int]]:
    turns = after.history[len(before.history) if before else 0 :]
    # What is told of by another finding stands in that one's line.
    if not after.seen.part_of:
        where = (EVERYWHERE, place(after))
        yield from ((_tally(after, turn.at.date(), turn.what, at), 1) for turn in turns if turn.what in TURNS for at in where)
    day = turns[-1].at.date() if turns else after.seen.last_seen.date()
    stood = _tally(before, day, ON_THE_LIST) if before and _calls(before) else None
    stands = _tally(after, day, ON_THE_LIST) if _calls(after) else None
    if stood != stands:
        yield from ((tally, number) for tally, number in ((stood, -1), (stands, 1)) if tally)


def _calls(finding: Finding) -> bool:
    return finding.state in CALLING and not finding.seen.part_of


def _tally(finding: Finding, day: date, what: str, where: Place = EVERYWHERE) -> Tally:
    return Tally(day, what, where, finding.decision, can_hurt(finding.seen.harms))
