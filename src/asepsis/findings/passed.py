"""What passed between two days, and how many findings stood when a day began: asked of tallies and of what people decided, never of all
findings. A day is one of UTC; `until` is the first day that does not count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from .finding import Finding, State
from .harm import HURTS
from .ssvc import Decision
from .tally import ON_THE_LIST, TURNS, DayCount, Decided, Stood, Turned

_DECISIONS = list(Decision)
_UNTIL = re.compile(r"until (\d{4}-\d\d-\d\d): (.*)", re.DOTALL)
"""How `life.accepted` writes down to when and why."""


def span() -> tuple[date, date] | None:
    """The first and the last day on which anything turned."""
    from .models import TallyRow

    turns = [list(TallyRow.objects.filter(check_id="", what__in=TURNS).order_by(order)[:1]) for order in ("day", "-day")]
    return (turns[0][0].day, turns[1][0].day) if turns[0] else None


def days(since: date, until: date) -> list[DayCount]:
    """How many findings turned, by day, sort of turn and decision."""
    from .models import TallyRow

    counted = TallyRow.objects.filter(what__in=TURNS, day__gte=since, day__lt=until).by_day()
    return [DayCount(day, what, _DECISIONS[rank], hurts, number) for day, what, rank, hurts, number in counted]


def turned(what: str, since: date, until: date, most: int) -> list[Turned]:
    """The lines whose findings turned so, the gravest first, so many at the most."""
    from .models import FindingRow, TallyRow

    found = list(TallyRow.objects.filter(what=what, day__gte=since, day__lt=until).lines()[:most])
    told = FindingRow.objects.filter(id__in=[row["first"] for row in found]).values_list("id", "title", "fault", "zone", "asset_kind")
    words = {id: (id, title, fault, zone, kind) for id, title, fault, zone, kind in told}
    known = [(row, words[row["first"]]) for row in found if row["first"] in words]
    return [Turned(*of, _DECISIONS[row["rank"]], bool(row["hurt"]), row["number"]) for row, of in known]


def standing(starts: Sequence[date]) -> list[Stood]:
    """What stood when these days began: what all days before add up to. Of years there are some thousand numbers."""
    from .models import TallyRow

    changes = list(TallyRow.objects.filter(what=ON_THE_LIST, day__lt=max(starts)).by_day()) if starts else []
    return [_sum(start, [change for change in changes if change[0] < start]) for start in starts]


def _sum(start: date, changes: Sequence[tuple[date, str, int, bool, int]]) -> Stood:
    now = Decision.IMMEDIATE.rank
    return Stood(
        start,
        sum(number for *_, number in changes),
        sum(number for *_, hurts, number in changes if hurts),
        sum(number for _, _, rank, hurts, number in changes if hurts and rank == now),
    )


def accepted(since: date, until: date, most: int) -> list[Decided]:
    """What people began to live with, the latest first."""
    from .models import ChangeRow

    turns = ChangeRow.objects.filter(what=State.ACCEPTED.value, at__gte=_midnight(since), at__lt=_midnight(until))
    rows = turns.select_related("finding").order_by("-at", "-pk")[:most]
    told = ((row, _UNTIL.fullmatch(row.why)) for row in rows)
    return [
        _decided(row.finding, row.who, found[2] if found else row.why, row.at, date.fromisoformat(found[1]) if found else None)
        for row, found in told
    ]


def ending(since: date, until: date, most: int) -> tuple[list[Decided], int]:
    """The acceptances whose last day is one of these, the first to end first; and how many there are."""
    from .models import FindingRow

    rows = FindingRow.objects.filter(state=State.ACCEPTED.value, accepted_until__gte=since, accepted_until__lt=until)
    found = rows.order_by("accepted_until", "-decision_rank", "-impact_rank", "id")[:most]
    return [_decided(row, row.accepted_by, row.accepted_reason, None, row.accepted_until) for row in found], rows.count()


def stories(since: date, until: date, most: int) -> tuple[list[Finding], int]:
    """The stories of attackers that were at work in these days, the gravest first; and how many there are."""
    from .models import FindingRow

    rows = FindingRow.objects.at_work(_midnight(since), _midnight(until))
    found = rows.order_by("-decision_rank", "-impact_rank", "-last_seen", "id")[:most]
    return [row.value(()) for row in found], rows.count()


def _decided(row: Any, who: str, why: str, at: datetime | None, until: date | None) -> Decided:
    hurts = bool(row.harms.get("safety", [0])[0] >= HURTS)
    return Decided(row.id, row.title, who, why, at, until, Decision(row.decision), hurts)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
