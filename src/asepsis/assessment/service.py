"""The verb of the main job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from asepsis.encryption.service import post_quantum
from asepsis.findings import service as found
from asepsis.findings.service import Decision, Effort, Look, State, count_of, findings, worklist
from asepsis.hospital.service import arrived, assets, counts, locate, plan
from asepsis.journal.service import between
from asepsis.kit.output import Progress, plain
from asepsis.kit.site import Site
from asepsis.lake.service import NOTHING_READ, Ear, count, ingest, open_lake, site_for
from asepsis.network import service as network

from . import running
from .assessment import Assessment, assessment_form
from .board import MONTHS, WORST_OF, Board, board_form, board_paper
from .checked import Checked, Verdict, checked, checked_form
from .coverage import coverage
from .doings import doings, told
from .handover import MOST, Handover, handover_form, handover_paper
from .heard import heard
from .judgement import Judge, all_checks, judge, last_packet, places_of, references
from .listened import WATCH, Listened, listened
from .paper import Paper
from .period import Period, lately, month, month_of, period_of, week, week_of
from .printing import pdf
from .report import page
from .talks import talks
from .watch import Seen, look

__all__ = [
    "Assessment", "Board", "Checked", "Ear", "Handover", "Judge", "Paper", "Period", "Seen", "Verdict", "all_checks", "assess",
    "assessment_form", "board", "checked_form", "checks", "handover", "lately", "month", "month_of", "page", "pdf", "period_of",
    "references", "report", "report_form", "site_for", "watch", "week", "week_of",
]  # fmt: skip

ENTRIES_MAX = 5_000
"""Entries of the journal that a report counts: more take longer than one waits for a page."""


def assess(site: Site, paths: Sequence[Path], progress: Progress | None = None, cores: int = 1) -> Assessment:
    """Reads captures into the lake, takes the inventory, runs every check, and ranks what is wrong.

    Without captures what the lake holds is judged again. The same captures again change nothing. Raises BadInput for a path that is no
    capture.
    """
    ingested = ingest(site, paths, progress, cores) if paths else NOTHING_READ
    with open_lake(site) as lake:
        inventory, look_at = judge(site, lake)
        running.everything(site, look_at.locator, places_of(lake))
        listened, talk = heard(lake), talks(running.said())
        gaps = coverage(lake, inventory, look_at.plan, listened, network.health(lake), len(ingested.problems))
        lines, ready, closed = worklist(site), post_quantum(lake), count_of(site, State.CLOSED)
        return Assessment(ingested, inventory, lines, talk, ready, look_at.now, listened, tuple(gaps), closed)


def checks(site: Site) -> list[Checked]:
    """What every check could say of what the site has seen so far; nothing is looked for anew."""
    with open_lake(site) as lake:
        look_at = Look(lake, locate(assets(site), plan(site)), last_packet(lake))
        return checked(all_checks(), look_at, count(site), findings(site))


def watch(site: Site, ear: Ear, stopped: Callable[[], bool]) -> Iterator[Seen]:
    """Listens to an interface until `stopped`: what was heard every few seconds, and the worklist whenever it was judged anew."""
    return look(site, ear, stopped, Judge(site))


def handover(site: Site, period: Period, today: date) -> Handover:
    """What the next who defends the hospital has to know of a week, asked of the store and the journal alone. Of a week that is not over as
    far as it went."""
    since, until = period.since, period.until
    begun, ended = found.standing(site, [since, min(until, today + timedelta(days=1))])
    acts, more = between(site, period.begin, period.end, told, ENTRIES_MAX)
    return Handover(
        site=site.name,
        period=period,
        today=today,
        days=found.days(site, since, until),
        begun=begun,
        ended=ended,
        turned={what: found.turned(site, what, since, until, MOST) for what in ("opened", "reopened", "closed")},
        accepted=found.accepted(site, since, until, MOST),
        ending=found.ending(site, until, period.after.until, MOST),
        now=found.first_lines(site, MOST, Decision.IMMEDIATE),
        stories=found.stories(site, since, until, MOST),
        listened=_listened(site, period, today),
        ingested=sum(entry.act == "lake.ingest" for entry in acts),
        new=arrived(site, period.begin, period.end, MOST),
        doings=doings(acts),
        more_doings=more,
    )


def board(site: Site, period: Period, today: date) -> Board:
    """What those who answer for the hospital have to know of a month, asked of the store and the journal alone."""
    months, tomorrow = lately(period, MONTHS), today + timedelta(days=1)
    before, *ends = found.standing(site, [period.since, *(min(one.until, tomorrow) for one in months)])
    known = [(f"{one.since:%b %Y}", stood) for one, stood in zip(months, ends, strict=True)]
    while len(known) > 1 and not known[0][1].all:
        known.pop(0)
    return Board(
        site=site.name,
        period=period,
        today=today,
        months=known,
        before=before,
        days=found.days(site, period.since, period.until),
        lines=found.first_lines(site, WORST_OF)[0],
        large=found.first_lines(site, WORST_OF, efforts=(Effort.DAYS, Effort.WEEKS)),
        ending=found.ending(site, period.until, period.after.until, 1),
        counts=counts(site),
        zones=sorted({zone.name for zone in plan(site).zones}),
        listened=_listened(site, period, today),
    )


def report(site: Site, period: Period, today: date) -> Paper:
    """The report of a week or of a month as a paper. The same store, journal and day give the same."""
    return board_paper(board(site, period, today)) if period.monthly else handover_paper(handover(site, period, today))


def report_form(site: Site, period: Period, today: date) -> dict[str, Any]:
    """The numbers of a week or of a month, as JSON."""
    numbers = board_form(board(site, period, today)) if period.monthly else handover_form(handover(site, period, today))
    form: dict[str, Any] = plain({"period": period.name, "since": period.since, "until": period.until, "made": today} | numbers)
    return form


def _listened(site: Site, period: Period, today: date) -> Listened:
    """Of a time that is not over as far as whole days went, and no further than entries were counted."""
    watches, more = between(site, period.begin, period.end, lambda act: act == WATCH, ENTRIES_MAX)
    over = datetime.fromisoformat(watches[-1].ts) if more else datetime(today.year, today.month, today.day, tzinfo=UTC)
    return listened(watches, period.begin, max(period.begin, min(period.end, over)))
