"""`asepsis lake ...`. What expires depends on what the hospital states and what findings cite, so `expire` stands above all three."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.output import ProgressBar, iso, print_json, print_table
from asepsis.kit.site import Site
from asepsis.lake.commands import app
from asepsis.lake.service import Expired

__all__ = ["app"]

DryOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.", show_default=False)]


@app.command()
def expire(dry_run: DryOption = False, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Remove rows that are older than `[retention]` of site.toml says, by today's clock. Rows that a finding cites stay."""
    # What the other commands of the lake do not pay for.
    from asepsis.findings.service import cited_rows
    from asepsis.hospital.service import plan
    from asepsis.lake import service

    opened = Site.open(site)
    days = plan(opened).retention.of(service.streams())
    with ProgressBar("looking for old rows") as progress:
        done = service.expire(opened, days, lambda: cited_rows(opened), dry_run, progress)
    if json:
        print_json(done)
    else:
        _show(done)
    if not days:
        print(f"asepsis: nothing expires: {opened.path / 'site.toml'} states no [retention]", file=sys.stderr)


def _show(done: Expired) -> None:
    if done.streams:
        rows = [(fate.stream, fate.days, iso(fate.before)[:19], fate.rows, fate.cited or None) for fate in done.streams]
        print_table(("stream", "days", "older than", "rows", "cited, stay"), rows)
    print(f"{done.rows:,} rows would go" if done.dry_run else f"{done.rows:,} rows are gone, and {done.files:,} files")
