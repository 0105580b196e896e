"""`asepsis patients ...`: whose records an incident touched. Ids come in and go out, and are kept nowhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from asepsis.hospital import service
from asepsis.hospital.service import Match
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, group
from asepsis.kit.output import iso, print_json, print_table
from asepsis.kit.site import Site

app = group("Whose records an incident touched.")
app.callback()(lambda: None)  # a group of one command would be that command

# Nobody reads more of a table on a screen; --json has them all.
SHOWN = 1_000

IdsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|-", readable=False, help="Patient, accession, order and study ids, one a line, UTF-8; - for standard input."
    ),
]


@app.command()
def match(ids: IdsArgument, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Which pseudonyms, streams and times tell of these ids, and which machines had them. Nothing of it is stored."""
    opened = Site.open(site)
    if str(ids) == "-" and sys.stdin.isatty():
        print("One id a line; Ctrl-D ends.", file=sys.stderr)
    found = service.match_patients(opened, service.read_ids(ids))
    gone = _gone(opened)
    if json:
        print_json(found)
    else:
        _show(found)
    if gone:
        print(f"asepsis: rows under {', '.join(gone)} cannot be matched: the key is gone", file=sys.stderr)


def _gone(site: Site) -> list[str]:
    """The keys before the current one that are no longer kept."""
    kept = {key.id for key in service.keys(site)}
    return [id for id in (f"k{n}" for n in range(1, int(site.key_id[1:]))) if id not in kept]


def _show(found: list[Match]) -> None:
    rows = [
        (one.id, t.pseudonym, t.stream, t.column, iso(t.first)[:19], iso(t.last)[:19], t.rows, _machine(t.client, t.client_name),
         _machine(t.server, t.server_name))
        for one in found for t in one.touched
    ]  # fmt: skip
    if rows:
        print_table(("id", "pseudonym", "stream", "column", "first", "last", "rows", "client", "server"), rows[:SHOWN])
    if len(rows) > SHOWN:
        print(f"Note: {SHOWN:,} of {len(rows):,} lines are shown; --json has them all")
    nothing = [one.id for one in found if not one.touched]
    if nothing:
        print_table(("nothing is known of",), [(id,) for id in nothing[:SHOWN]])
    print(f"{len(found) - len(nothing):,} of {len(found):,} ids have rows")


def _machine(address: str, name: str) -> str:
    return f"{address} {name}".strip()
