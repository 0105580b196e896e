"""Weeks and months to test with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.findings.making import proposal

from asepsis.assessment.board import Board
from asepsis.assessment.doings import Doings
from asepsis.assessment.handover import Handover
from asepsis.assessment.listened import Gap, Listened
from asepsis.assessment.period import month, week
from asepsis.findings import life
from asepsis.findings.finding import Action, Effort, Kind
from asepsis.findings.harm import HarmKind
from asepsis.findings.line import Line, line_of
from asepsis.findings.ssvc import Decision
from asepsis.findings.tally import DayCount, Decided, Stood, Turned
from asepsis.hospital.service import Counts, asset_of

WEEK, MONTH, TODAY = week("2026-W48"), month("2026-11"), date(2026, 11, 30)
HURTING = {HarmKind.SAFETY: 3, HarmKind.PRIVACY: 2}


def line(text: str = "Pumps can be stopped by anyone", **given: Any) -> Line:
    return line_of([life.opened(proposal(title=text, fault=text, levels=given.pop("levels", HURTING), **given))])


def handover(text: str = "Pumps can be stopped by anyone", **given: Any) -> Handover:
    """A week in which something of every sort happened; `text` is what came from the network and from people."""
    monday = WEEK.since
    days = [
        DayCount(monday, "opened", Decision.IMMEDIATE, True, 2),
        DayCount(monday, "accepted", Decision.SCHEDULED, False, 1),
        DayCount(monday + timedelta(days=3), "opened", Decision.DEFER, False, 1200),
        DayCount(monday + timedelta(days=4), "closed", Decision.SCHEDULED, True, 7),
    ]
    opened = [Turned("F1", text, text, "icu", "infusion pump", Decision.IMMEDIATE, True, 2)]
    closed = [Turned("F2", text, text, "", "", Decision.SCHEDULED, True, 7)]
    decided = Decided("F3", text, "console:anna", text, WEEK.begin, date(2026, 12, 2), Decision.SCHEDULED, False)
    story = life.opened(proposal(check="story", kind=Kind.ALERT, title=text, action=Action(text, Effort.MINUTES), levels=HURTING))
    asset = asset_of({"id": "a1", "name": text, "kind": "infusion pump", "zone": text, "addresses": ["10.0.0.9"]})
    fields: dict[str, Any] = {
        "site": text,
        "period": WEEK,
        "today": TODAY,
        "days": days,
        "begun": Stood(monday, 10, 4, 1),
        "ended": Stood(WEEK.until, 1204, 6, 2),
        "turned": {"opened": opened, "closed": closed},
        "accepted": [decided],
        "ending": ([decided], 3),
        "now": ([line(text)], 1),
        "stories": ([story], 1),
        "listened": Listened(timedelta(days=7), True, (Gap(WEEK.begin, WEEK.begin + timedelta(hours=14)),), 12),
        "ingested": 0,
        "new": ([replace(asset, first_seen=WEEK.begin)], {"life": 1}),
        "doings": [Doings("console:anna", (("accepted a finding", 3), (text, 1)))],
    }
    return Handover(**fields | given)


def board(text: str = "Pumps can be stopped by anyone", **given: Any) -> Board:
    """A month after others, with something to decide of every sort."""
    months = [(f"{name} 2026", Stood(date(2026, n, 1), 30 + n, n, n % 3)) for n, name in enumerate(("Jul", "Aug", "Sep", "Oct", "Nov"), 7)]
    fields: dict[str, Any] = {
        "site": text,
        "period": MONTH,
        "today": TODAY,
        "months": months,
        "before": months[-2][1],
        "days": [
            DayCount(date(2026, 11, 3), "opened", Decision.IMMEDIATE, True, 2),
            DayCount(date(2026, 11, 9), "closed", Decision.IMMEDIATE, True, 5),
            DayCount(date(2026, 11, 9), "accepted", Decision.DEFER, False, 4),
        ],
        "lines": [line(text, subject=str(n)) for n in range(5)],
        "large": ([line(text, action=Action(text, Effort.WEEKS))], 5),
        "ending": ([], 3),
        "counts": Counts(120, 7, {"life": 20}, {"icu": datetime(2026, 11, 5, tzinfo=WEEK.begin.tzinfo)}),
        "zones": ["icu", text],
        "listened": Listened(timedelta(days=30), True, (Gap(MONTH.begin, MONTH.begin + timedelta(days=3)),)),
    }
    return Board(**fields | given)
