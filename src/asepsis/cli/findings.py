"""`asepsis findings ...`. `checks` and `show` tell of the checks of every measure, which findings know nothing of, so they stand above
them all."""

from __future__ import annotations

from asepsis.findings import service as findings
from asepsis.findings.commands import FindingId, answer, app
from asepsis.findings.service import State
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site

__all__ = ["app"]


@app.command()
def show(finding_id: FindingId, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """One finding with its reasons, what to do, its history, and whose guidance it rests on."""
    finding = findings.show(Site.open(site), finding_id)
    from asepsis.assessment.service import references

    answer(finding, json, references().get(finding.seen.check, ()))


@app.command()
def checks(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """What each check could say: a fault, none seen, or unknown, because what it needs was not there. Unknown is no pass."""
    # The others need no measure, and begin faster without them.
    from asepsis.assessment import service

    covered = service.checks(Site.open(site))
    if json:
        return print_json([service.checked_form(each) for each in covered])
    rows = (
        (c.check.id, c.words, c.states.get(State.OPEN) or "", f"{c.rows:,}" if c.rows else "", c.check.looks_for, c.check.cannot_see)
        for c in covered
    )
    print_table(("check", "verdict", "open", "rows", "looks for", "cannot see"), rows)
    number = {verdict: sum(each.verdict is verdict for each in covered) for verdict in service.Verdict}
    print(", ".join(f"{count} {verdict}" for verdict, count in number.items()) + f" of {len(covered)} checks. Unknown is no pass.")
    return None
