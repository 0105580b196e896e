"""`asepsis backup` and `asepsis restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asepsis.backup import service
from asepsis.kit import size
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at
from asepsis.kit.errors import DoesNotHold, one_line
from asepsis.kit.output import ProgressBar, print_json
from asepsis.kit.site import Site

ToArgument = Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file; or a folder, and it is named after the moment.")]
FromArgument = Annotated[Path, typer.Argument(metavar="FILE", help="What `asepsis backup` made.")]


def backup(to: ToArgument, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """All of the site but kept packets, keys included, in one file, while it runs. Keep it as safe as the site itself."""
    with ProgressBar("taking the backup") as progress:
        taken = service.backup(Site.open(site), to, progress)
    if json:
        return print_json(taken)
    print(f"{one_line(taken.file, 4000)}: {size.show(taken.bytes)}, {taken.files:,} files")
    print("The keys of the site are in it: keep it where only you can read it.")
    return None


def restore(archive: FromArgument, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Make a new site of a backup. The folder must be empty or new; every file is compared with the manifest."""
    with ProgressBar("restoring") as progress:
        done = service.restore(archive, site, progress)
    if json:
        print_json(done)
    else:
        print(f"Restored {one_line(done.site, 4000)} as it was at {one_line(done.taken)}: {done.rows:,} rows, {done.files:,} files.")
        if done.journal.holds:
            print(f"The journal holds: {done.journal.entries} entries. To go on: asepsis up{at(site)}")
    if not done.journal.holds:
        raise DoesNotHold(f"restored, but the journal is broken at entry {done.journal.broken}", done.site, done.journal.why)
