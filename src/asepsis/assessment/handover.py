"""The weekly handover: what the next who sits down here has to know of a week. Values in, a paper out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from asepsis.findings.service import DayCount, Decided, Finding, Line, Stood, Turned, counted
from asepsis.hospital.service import Asset, called, counted_kind, told_kind

from .doings import Doings
from .listened import Listened
from .paper import Block, Columns, Listed, Paper, Part, Words, cell, table
from .period import Period
from .summary import CLASSES, WHEN
from .worst import told

MOST = 10
"""Rows of a list; what is left is counted."""
_TURNS = (("opened", "Opened"), ("reopened", "Opened again"), ("closed", "Closed"))


@dataclass(frozen=True, slots=True)
class Handover:
    """What a week's handover is made of. `today` is the day that it is made on; `now` the lines to act on at once as they stand today.
    `begun` is what stood when the week began, `ended` when it was over (or today began). `turned` are lines by turn. Of what has a number
    behind it the first are told, and there are so many."""

    site: str
    period: Period
    today: date
    days: Sequence[DayCount]
    begun: Stood
    ended: Stood
    turned: Mapping[str, Sequence[Turned]]
    accepted: Sequence[Decided]
    ending: tuple[Sequence[Decided], int]
    now: tuple[Sequence[Line], int]
    stories: tuple[Sequence[Finding], int]
    listened: Listened
    ingested: int
    new: tuple[Sequence[Asset], Mapping[str, int]]
    doings: Sequence[Doings]
    more_doings: bool = False

    def count(self, what: str) -> int:
        return sum(one.count for one in self.days if one.what == what)


def person(who: str) -> str:
    """`anna` of `console:anna`, `root at the command line` of `os:root`."""
    way, _, name = who.partition(":")
    known = {"console": "", "os": " at the command line", "api": " (program)"}
    return cell(f"{name}{known[way]}" if name and way in known else who)


def handover_form(week: Handover) -> dict[str, Any]:
    """Its numbers as JSON; who did what is not among them."""
    return {
        "begun": week.begun,
        "ended": week.ended,
        "turned": turned_form(week.days),
        "now": week.now[1],
        "stories": week.stories[1],
        "ending": week.ending[1],
        "new_assets": week.new[1],
        "listened": round(week.listened.share, 3) if week.listened.watched else None,
    }


def turned_form(days: Sequence[DayCount]) -> dict[str, dict[str, int]]:
    """How many findings turned, and through how many of them a patient could be hurt."""
    return {
        what: {"all": sum(d.count for d in days if d.what == what), "hurting": sum(d.count for d in days if d.what == what and d.hurts)}
        for what in sorted({d.what for d in days})
    }


def handover_paper(week: Handover) -> Paper:
    """The handover as a paper."""
    parts = (
        Part("In short", (Words(_short(week), strong=True), _chart(week))),
        Part(f"To act on now, as it stands on {_day(week.today)}", tuple(_now(week))),
        Part("What changed", tuple(_changed(week))),
        Part("Attackers who were at work", tuple(_stories(week))),
        Part("What we live with since this week", tuple(_accepted(week))),
        Part(f"What ends until {_day(week.period.after.until - timedelta(days=1))}", tuple(_ending(week))),
        Part("New on the network", tuple(_new(week))),
        Part("Whether we listened", tuple(sensor(week.listened, week.ingested))),
        Part("Who did what", tuple(_doings(week))),
    )
    made = f"Made on {_day(week.today)} from what the site keeps."
    return Paper("Weekly handover", week.period.words, cell(week.site), made, parts)


def _short(week: Handover) -> str:
    change = week.ended.hurting - week.begun.hurting
    way = f"{abs(change):,} {'more' if change > 0 else 'fewer'} than when the week began" if change else "as many as when the week began"
    turns = ", ".join(f"{week.count(what):,} {words.lower()}" for what, words in _TURNS)
    return (
        f"{counted(week.ended.all, 'fault')} {'calls' if week.ended.all == 1 else 'call'} for work. "
        f"Through {week.ended.hurting:,} of them a patient could be hurt: {way}. "
        f"In this week {turns}, {week.count('accepted'):,} accepted."
    )


def _chart(week: Handover) -> Columns:
    opened, closed = (
        {day: sum(one.count for one in week.days if one.day == day and one.what in what) for day in week.period.days}
        for what in (("opened", "reopened"), ("closed",))
    )
    rows = tuple((f"{day:%a} {day.day}", (opened[day], closed[day])) for day in week.period.days)
    return Columns("Faults that opened and that closed, by day", ("Day", "Opened, also again", "Closed"), rows)


def _now(week: Handover) -> Iterator[Block]:
    lines, number = week.now
    if not lines:
        yield Words("Nothing has to be done at once. The worklist has the rest.")
    yield from told(lines)
    yield from _more(len(lines), number, "worklist")


def _changed(week: Handover) -> Iterator[Block]:
    for what, words in _TURNS:
        lines, number = week.turned.get(what, ()), week.count(what)
        if not lines:
            continue
        rows = [(_turned(one), one.count, "yes" if one.hurts else "no", WHEN[one.decision]) for one in lines]
        when = "Was to be done" if what == "closed" else "When to act"
        yield table(f"{words}: {number:,}", ("What", "How many", "Could hurt a patient", when), rows, (1,))
        yield from _more(sum(one.count for one in lines), number, "worklist")
    if not any(week.turned.values()):
        yield Words("Nothing opened, and nothing closed. If the sensor listened, that is good news.")
    if stale := week.count("stale"):
        yield Words(f"Not seen for two weeks: {counted(stale, 'fault')}. Silence does not mean that a fault is gone: it stays on the list.")


def _turned(one: Turned) -> str:
    where = f" in {one.zone}" if one.zone else ""
    return one.title if one.count == 1 else f"{one.fault}{': ' + counted_kind(one.count, one.device) if one.device else ''}{where}"


def _stories(week: Handover) -> Iterator[Block]:
    stories, number = week.stories
    if not stories:
        yield Words("No attack was seen.")
        return
    rows = [(one.seen.title, WHEN[one.decision], one.state.value, one.seen.action.title) for one in stories]
    yield table("Attacks", ("What happened", "When to act", "State", "What to do first"), rows, wide=(0, 3))
    yield from _more(len(stories), number, "page of the worklist")


def _accepted(week: Handover) -> Iterator[Block]:
    if not week.accepted:
        yield Words("Nothing was accepted in this week.")
        return
    rows = [(one.title, person(one.who), one.why, one.until or "", "yes" if one.hurts else "no") for one in week.accepted]
    yield table("Accepted", ("What", "By whom", "Why", "Until the end of", "Could hurt a patient"), rows, wide=(0, 2))
    yield from _more(len(week.accepted), week.count("accepted"), "list of findings")


def _ending(week: Handover) -> Iterator[Block]:
    ending, number = week.ending
    if not ending:
        yield Words("No acceptance ends.")
        return
    yield Words("These come back to the worklist by themselves. Mend them, or decide again.")
    rows = [(one.until or "", one.title, person(one.who), one.why, "yes" if one.hurts else "no") for one in ending]
    yield table("Acceptances that end", ("Last day", "What", "By whom", "Why", "Could hurt a patient"), rows, wide=(1, 3))
    yield from _more(len(ending), number, "list of findings")


def _new(week: Handover) -> Iterator[Block]:
    assets, classes = week.new
    number = sum(classes.values())
    if not number:
        yield Words("Nothing new was heard.")
        return
    by_class = [(words, classes.get(name, 0)) for name, words in CLASSES.items()]
    yield table("Machines first heard in this week", ("Machines that", "How many"), by_class, (1,))
    rows = [(called(one) or one.name, told_kind(one), one.zone, ", ".join(one.addresses[:2]), _when(one)) for one in assets]
    yield table("The latest", ("Machine", "Kind", "Zone", "Address", "First heard (UTC)"), rows)
    yield from _more(len(assets), number, "page of assets")


def sensor(listened: Listened, ingested: int = 0) -> Iterator[Block]:
    """What is known of the time in which nothing was heard."""
    if not listened.watched:
        read = f" Captures were read {counted(ingested, 'time')}." if ingested else ""
        yield Words(f"No sensor listened in this time, as far as the journal tells.{read} What was not heard cannot stand here.")
        return
    yield Words(f"The sensor listened for {listened.share:.0%} of the time. What happened in the rest cannot stand here.")
    if listened.dropped:
        lost = "was" if listened.dropped == 1 else "were"
        yield Words(f"{counted(listened.dropped, 'packet')} came faster than the sensor could read, and {lost} lost.")
    if longest := sorted(listened.gaps, key=lambda gap: (-gap.length, gap.since))[:MOST]:
        gaps = [gap for gap in listened.gaps if gap in longest]
        rows = [(f"{gap.since:%Y-%m-%d %H:%M}", f"{gap.until:%Y-%m-%d %H:%M}", _length(gap.length)) for gap in gaps]
        yield table("Times without anything heard, the longest", ("From (UTC)", "To (UTC)", "For"), rows)


def _doings(week: Handover) -> Iterator[Block]:
    if not week.doings:
        yield Words("Nobody did anything that the journal tells of.")
        return
    rows = [(person(one.who), one.count, _acts(one)) for one in week.doings[:MOST]]
    yield table("Acts in the journal", ("Who", "How many", "What"), rows, (1,), (2,))
    yield from _more(min(len(week.doings), MOST), len(week.doings), "journal")
    if week.more_doings:
        yield Words("There was more than is counted here: the journal has all.")


def _acts(one: Doings) -> str:
    return "; ".join(f"{words} {number}x" if number > 1 else words for words, number in one.acts)


def _more(shown: int, number: int, where: str) -> Iterator[Block]:
    if number > shown:
        yield Listed((f"{number - shown:,} more: the {where} has all.",))


def _when(asset: Asset) -> str:
    return f"{asset.first_seen:%Y-%m-%d %H:%M}" if asset.first_seen else ""


def _length(length: timedelta) -> str:
    hours, rest = divmod(int(length.total_seconds()), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
