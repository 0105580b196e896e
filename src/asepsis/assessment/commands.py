"""`asepsis assess`: one command from packets to a worklist. `asepsis report`: what became of it in a week, in a month."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from asepsis.findings.service import Decision, counted, findings, worklist_text
from asepsis.kit.command import DEFAULT_SITE, CoresOption, FailOnOption, JsonOption, SiteOption, at, group
from asepsis.kit.output import ProgressBar, in_words, print_json
from asepsis.kit.site import Site

from . import place, service
from .coverage import coverage_text
from .overview import overview
from .paper import text_of
from .service import Assessment, Period

Captures = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[CAPTURE]...",
        readable=False,
        help="pcap or pcapng, plain, .gz or .zst; folders; - for standard input. None: what the lake holds is judged again.",
    ),
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="FILE.html", help="Write a report: one page, nothing loaded from outside.")
]


Out = Annotated[Path | None, typer.Option("--out", metavar="FILE.pdf", help="Write it as PDF; else its text is printed.")]
app = group("What a week brought, for who goes on with it; and a page of a month for those who answer for the hospital.")


@app.command()
def weekly(
    week: Annotated[str, typer.Argument(metavar="[WEEK]", help="As 2026-W49; default: the week of yesterday.")] = "",
    site: SiteOption = DEFAULT_SITE,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """The handover of a week: what opened and closed, what is to be done now, what ends next, who is new, who did what."""
    _report(service.week(week) if week else service.week_of(_yesterday()), site, out, json)


@app.command()
def monthly(
    month: Annotated[str, typer.Argument(metavar="[MONTH]", help="As 2026-11; default: the month of yesterday.")] = "",
    site: SiteOption = DEFAULT_SITE,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """One page of a month: could patients be hurt, what is worst, what was done, what is to be decided, how much is seen."""
    _report(service.month(month) if month else service.month_of(_yesterday()), site, out, json)


def _report(period: Period, site: Path, out: Path | None, json: bool) -> None:
    opened, today = Site.open(site), datetime.now(UTC).date()
    if out is not None:
        place.check(out, site)
    if json:
        print_json(service.report_form(opened, period, today))
    if out is not None:
        place.write(out, service.pdf(service.report(opened, period, today)))
    elif not json:
        print(text_of(service.report(opened, period, today)))


def _yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


def assess(
    captures: Captures = None,
    site: SiteOption = DEFAULT_SITE,
    report: ReportOption = None,
    fail_on: FailOnOption = None,
    cores: CoresOption = 1,
    json: JsonOption = False,
) -> None:
    """What is on my network, what endangers patients, what do I do first, and why."""
    captures = captures or []
    if report is not None:
        place.check(report, site)
    opened = service.site_for(site, captures) if captures else Site.open(site)
    with ProgressBar("reading packets") as progress:
        assessment = service.assess(opened, captures, progress, cores)
    if report is not None:
        place.write(report, service.page(assessment).encode())
        if sys.stderr.isatty():
            print(f"report: {report}", file=sys.stderr)
    if json:
        print_json(service.assessment_form(assessment, findings(opened)))
    else:
        _show(assessment, captures, site, report)
    assessment.ingested.check()
    if fail_on and any(line.decision is Decision.IMMEDIATE for line in assessment.lines):
        raise typer.Exit(1)


def _show(assessment: Assessment, captures: list[Path], site: Path, report: Path | None) -> None:
    ingested = assessment.ingested
    packets, events = ingested.capture["packets"], sum(ingested.streams.values())
    if packets:
        print(f"{counted(packets, 'packet')} {ingested.span()}".rstrip() + f"; {counted(events, 'event')}\n")
    else:
        seen = f"No packets in {in_words(captures, 'captures')}: nothing was seen." if captures else "Judged again what the lake holds."
        print(f"{seen}\n")
    if assessment.assets:
        print(overview(assessment.assets, site) + "\n")
    print(worklist_text(assessment.lines, site) + "\n")
    if assessment.post_quantum.sessions:
        figures = assessment.post_quantum
        print(f"Ready for quantum computers: {figures.hybrid_used} of {figures.sessions} TLS sessions use a hybrid key exchange.")
    if assessment.coverage:
        print(coverage_text(assessment.coverage))
    for note in ingested.notes():
        print(f"Note: {note}")
    print("Next:" + (f" open {report} in a browser;" if report else "") + f" asepsis assets list{at(site)}; asepsis worklist{at(site)}")
