"""The monthly page for those who answer for the hospital: one sheet, no word of ours that needs explaining, and no score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from asepsis.findings.service import DayCount, Decided, Line, Stood, can_hurt, counted
from asepsis.hospital.service import Counts
from asepsis.kit.errors import one_line
from asepsis.kit.output import plain

from .handover import turned_form
from .listened import Listened
from .paper import Block, Columns, Listed, Paper, Part, Words, cell
from .period import Period
from .worst import told

MONTHS = 6
WORST, WORST_OF = 3, 40
"""So many are told, of the first so many of the list: those first through which a patient could be hurt."""
NOTHING = "Nothing in this month."


@dataclass(frozen=True, slots=True)
class Board:
    """What the monthly page is made of. `today` is the day that it is made on, `lines` the first of the worklist of that day, `large` those
    that take days or weeks, and how many do. `before` is what stood when the month began, `months` by name what stood when each of the last
    was over (or stands), `zones` those that the hospital names."""

    site: str
    period: Period
    today: date
    months: Sequence[tuple[str, Stood]]
    before: Stood
    days: Sequence[DayCount]
    lines: Sequence[Line]
    large: tuple[Sequence[Line], int]
    ending: tuple[Sequence[Decided], int]
    counts: Counts
    zones: Sequence[str]
    listened: Listened

    def count(self, what: str, hurts: bool | None = None) -> int:
        return sum(one.count for one in self.days if one.what == what and hurts in (None, one.hurts))

    @property
    def now(self) -> Stood:
        """What stands at the end of the month."""
        return self.months[-1][1]


def board_form(month: Board) -> dict[str, Any]:
    """Its numbers as JSON."""
    counts = month.counts
    return {
        "months": [{"month": name, **plain(stood)} for name, stood in month.months],
        "before": month.before,
        "turned": turned_form(month.days),
        "ending": month.ending[1],
        "assets": {"all": counts.assets, "unknown": counts.unknown, "classes": counts.classes},
        "zones": {"named": len(month.zones), "silent": _silent(month)},
        "listened": round(month.listened.share, 3) if month.listened.watched else None,
    }


def board_paper(month: Board) -> Paper:
    """The monthly page as a paper."""
    parts = (
        Part("Could patients be hurt?", (Words(_hurt(month), strong=True), _chart(month))),
        Part("The worst three today", tuple(_worst(month))),
        Part("What was done", (Listed(tuple(_done(month))),)),
        Part("What you have to decide", (Listed(tuple(_decide(month)) or (NOTHING,)),)),
        Part("How much of the hospital we see", (Listed(tuple(_seen(month))),)),
    )
    made = f"Made on {month.today.day} {month.today:%B %Y}."
    return Paper("Safety of patients from cyber attacks", month.period.words, cell(month.site), made, parts, sheet=True)


def _hurt(month: Board) -> str:
    number, before, now = month.now.hurting, month.before.hurting, month.now.hurting_now
    if not number:
        return "No weak point is known through which a patient could be hurt. What we do not see, we do not know: see below."
    if number == before:
        way = "as many as a month before"
    else:
        way = f"{abs(number - before):,} {'more' if number > before else 'fewer'} than a month before"
    at_once = f"{now:,} of them cannot wait." if now else "None of them has to be mended at once."
    return f"{counted(number, 'weak point')} could be used to hurt a patient: {way}. {at_once}"


def _chart(month: Board) -> Columns:
    rows = tuple((name, (one.hurting, one.all - one.hurting)) for name, one in month.months)
    return Columns("Weak points at the end of each month", ("Month", "Could hurt a patient", "Other weak points"), rows)


def _worst(month: Board) -> Iterator[Block]:
    first = sorted(month.lines, key=lambda line: not can_hurt(line.harms))[:WORST]
    yield from told(first)
    if not first:
        yield Words("Nothing is to be done, as far as was seen. That is no proof that nothing is wrong.")


def _done(month: Board) -> Iterator[str]:
    for words, turns, could in (
        ("closed", ("closed",), "could have been"),
        ("found, or found again", ("opened", "reopened"), "could be"),
        ("accepted for a time by somebody, by name and for a reason", ("accepted",), "could be"),
    ):
        number, graver = (sum(month.count(what, hurts) for what in turns) for hurts in (None, True))
        through = f" Through {graver:,} of them a patient {could} hurt." if graver else ""
        if number:
            yield f"{counted(number, 'weak point')} {words}.{through}"
    if not month.days:
        yield "Nothing closed, and nothing new was found."


def _decide(month: Board) -> Iterator[str]:
    """What is more than a person does beside: work of weeks or days, risks of which the time is over, parts that nobody hears."""
    lines, number = month.large
    if lines:
        first = one_line(min(lines, key=lambda line: not can_hurt(line.harms)).title, 130)
        yield (
            f"Who does the work: {counted(number, 'thing')} on the list {'takes' if number == 1 else 'take'} days or weeks. "
            f"Name somebody, give them the time, or pay the maker's service. To begin with: {first}."
        )
    if number := month.ending[1]:
        yield f"Whether to live on with {counted(number, 'risk')} that somebody accepted: the time is over in the next month."
    if silent := _silent(month):
        named = ", ".join(map(cell, silent[:4])) + (" and others" if len(silent) > 4 else "")
        yield f"Whether to pay for listening in {counted(len(silent), 'part')} of the network where we hear nothing: {named}."
    if month.counts.unknown:
        yield f"Who walks to {counted(month.counts.unknown, 'machine')} of which we do not know what they are."


def _seen(month: Board) -> Iterator[str]:
    counts = month.counts
    known = counts.assets - counts.unknown
    yield f"We know what {known:,} of {counted(counts.assets, 'machine')} {'is' if known == 1 else 'are'}."
    if month.zones:
        heard = len(month.zones) - len(_silent(month))
        yield f"We heard {heard} of {counted(len(month.zones), 'part')} of the network that you name."
    else:
        yield "The hospital has not told us the parts of its network: so we cannot say which we do not hear."
    if month.listened.watched:
        yield f"We listened for {month.listened.share:.0%} of the month."
    else:
        yield "No sensor listened for us in this month: this page rests on recordings."


def _silent(month: Board) -> list[str]:
    """Parts of the network in which nothing was heard since the month began."""
    return [zone for zone in month.zones if (last := month.counts.zones.get(zone)) is None or last < month.period.begin]
