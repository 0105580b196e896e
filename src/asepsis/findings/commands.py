"""`asepsis findings ...` and `asepsis worklist`: what is wrong, and what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, FailOnOption, JsonOption, SiteOption
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.output import iso, print_json, print_table
from asepsis.kit.site import Site

from . import service
from .form import NOTHING, finding_form, line_form, outcome_form, outcome_text
from .inputs import inputs
from .service import Decision, Finding, State

app = command.group("What is wrong, on what, with evidence.")

FindingId = Annotated[str, typer.Argument(metavar="ID", help="Id of the finding, or its beginning.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. Write no names of patients.")]
StateOption = Annotated[State | None, typer.Option("--state", help="Only those in this state.")]
IfOption = Annotated[
    list[str] | None, typer.Option("--if", metavar="WHAT", help="Which lines would go, as 'zone:radiology no internet'; may be repeated.")
]
UntilOption = Annotated[str, typer.Option("--until", metavar="DATE", help="Last day, as 2027-01-31.")]


@app.command("list")
def list_(site: SiteOption = DEFAULT_SITE, state: StateOption = None, json: JsonOption = False) -> None:
    """All findings: those to act on first, then stale, accepted and closed."""
    found = [finding for finding in service.findings(_open(site)) if state in (None, finding.state)]
    if json:
        return print_json([finding_form(finding) for finding in found])
    if not found:
        return print(f"No findings{f' that are {state}' if state else ''}. {NOTHING}")
    rows = [(f.id, f.decision, f.state, f.seen.title, f.seen.patients or "", iso(f.seen.last_seen)[:10]) for f in found]
    print_table(("id", "decision", "state", "what is wrong", "patients", "last seen"), rows)
    return None


@app.command()
def accept(finding_id: FindingId, reason: Reason, until: UntilOption, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Live with a finding to the end of a day, for a reason; after it the finding is open again by itself."""
    answer(service.accept(_open(site), finding_id, reason, _day(until)), json)


@app.command()
def reopen(finding_id: FindingId, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Take back an acceptance or a closing."""
    answer(service.reopen(_open(site), finding_id), json)


@app.command()
def close(finding_id: FindingId, reason: Reason, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Close an alert that has been dealt with. Other findings close when the evidence says so."""
    answer(service.close(_open(site), finding_id, reason), json)


def worklist(site: SiteOption = DEFAULT_SITE, if_: IfOption = None, fail_on: FailOnOption = None, json: JsonOption = False) -> None:
    """What to do first, and why, ordered by harm to patients."""
    if if_:
        outcome = service.if_(_open(site), if_)
        return print_json(outcome_form(outcome)) if json else print(outcome_text(outcome, if_))
    lines = service.worklist(_open(site))
    if json:
        print_json([line_form(line) for line in lines])
    else:
        print(service.worklist_text(lines, site))
    if fail_on and any(line.decision is Decision.IMMEDIATE for line in lines):
        raise typer.Exit(1)
    return None


def _open(site: Path) -> Site:
    return Site.open(site)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse("not a day", text, f"write it as {datetime.now(UTC).date()}") from None


def answer(finding: Finding, json: bool, references: Sequence[str] = ()) -> None:
    """Prints a finding, and whose guidance its check rests on."""
    if json:
        return print_json(finding_form(finding) | ({"references": list(references)} if references else {}))
    seen = finding.seen
    print(one_line(seen.title))
    print(
        f"\n{service.rank_in_words(finding)}\n\n{one_line(seen.why, 2000)}\n\nDo ({seen.action.effort}): {one_line(seen.action.title, 600)}"
    )
    for step in seen.action.steps:
        print(f"  - {one_line(step, 600)}")
    print_table(("harm", "0-4", "why"), [(kind.words, harm.level, harm.why) for kind, harm in seen.harms.items()])
    print_table(("decided by", "value", "because"), [(i.words, i.value, i.because) for i in inputs(finding)])
    if seen.reach:
        print_table(("within reach", "steps", "class"), [(step.name, str(step.steps), step.clinical_class) for step in seen.reach])
    facts = [
        ("id", finding.id),
        ("decision", finding.decision),
        ("state", f"{finding.state}{f' until {finding.acceptance.until}' if finding.acceptance else ''}"),
        ("check", f"{seen.check} ({seen.kind})"),
        ("subject", f"{seen.subject} {seen.discriminator}"),
        ("zone", seen.zone),
        ("first seen", iso(seen.first_seen)),
        ("last seen", iso(seen.last_seen)),
        ("events", f"{len(seen.events)}: {', '.join(seen.events[:3])}"),
    ]
    print_table(("", ""), [fact for fact in facts if fact[1]])
    print_table(("when", "what", "who", "why"), [(iso(turn.at), turn.what, turn.who, turn.why) for turn in finding.history])
    for reference in references:
        print(f"See {one_line(reference)}")
    return None
