"""`asepsis assess`: one command from packets to a worklist."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from asepsis.findings.service import Decision, counted, findings, worklist_text
from asepsis.kit.command import DEFAULT_SITE, CoresOption, FailOnOption, JsonOption, SiteOption, at
from asepsis.kit.output import ProgressBar, in_words, print_json
from asepsis.kit.site import Site

from . import place, service
from .coverage import coverage_text
from .overview import overview
from .service import Assessment

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
        place.write(report, service.page(assessment))
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
