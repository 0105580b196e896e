"""`asepsis journal list`. `verify` asks other stores too: `asepsis.cli.journal` joins the two."""

from __future__ import annotations

from asepsis.journal import service
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site


def list_entries(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """List the entries, oldest first."""
    entries = list(service.entries(Site.open(site)))
    if json:
        print_json(entries)
        return
    rows = [(e.n, e.ts, e.who, e.act, e.subject, ", ".join(f"{name}={value}" for name, value in e.detail.items())) for e in entries]
    print_table(("n", "when", "who", "act", "subject", "detail"), rows)
