"""`asepsis journal ...`"""

from __future__ import annotations

from asepsis.journal import service
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, group
from asepsis.kit.errors import DoesNotHold
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site

app = group("Who did what: list it, verify that nobody changed it.")


@app.command("list")
def list_entries(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """List the entries, oldest first."""
    entries = list(service.entries(Site.open(site)))
    if json:
        print_json(entries)
        return
    rows = [(e.n, e.ts, e.who, e.act, e.subject, ", ".join(f"{name}={value}" for name, value in e.detail.items())) for e in entries]
    print_table(("n", "when", "who", "act", "subject", "detail"), rows)


@app.command()
def verify(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Check that every entry stands as it was written, and none is missing. Exit code 4 if not."""
    opened = Site.open(site)
    verdict = service.verify(opened)
    if json:
        print_json(verdict)
    elif verdict.holds:
        print(f"The journal holds: {verdict.entries} entries, head {verdict.head}")
        for note in verdict.notes:
            print(f"Note: {note}")
    if not verdict.holds:
        raise DoesNotHold(f"the journal is broken at entry {verdict.broken}", opened.journal, verdict.why)
