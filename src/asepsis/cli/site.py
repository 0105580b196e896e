"""`asepsis site ...`: the site itself and the keys of its pseudonyms."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from asepsis.hospital import service
from asepsis.hospital.service import Rotated
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at, group
from asepsis.kit.errors import one_line
from asepsis.kit.output import iso, print_json, print_table
from asepsis.kit.site import Site

app = group("The site itself, and the key of its pseudonyms.")

ShredOption = Annotated[
    bool, typer.Option("--shred-old", help="Remove every older key for ever: what it made matches nothing again.", show_default=False)
]


@app.command()
def show(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Where the site is, and which keys of pseudonyms it has: their ids and since when, never the keys."""
    opened = Site.open(site)
    keys, going = service.keys(opened), service.going_keys(opened)
    if going:
        todo = f"`asepsis site rotate-key --shred-old{at(site)}` completes it"
        print(f"asepsis: {', '.join(going)} was to be shredded, and that run was stopped: {todo}", file=sys.stderr)
    if json:
        return print_json({"path": opened.path, "name": opened.name, "key_id": opened.key_id, "keys": keys, "going": going})
    print(f"Site '{one_line(opened.name)}' at {one_line(opened.path, 4000)}")
    print_table(("key", "since", ""), [(key.id, iso(key.since)[:10], "current" if key.current else "older, still matched") for key in keys])
    return None


@app.command("rotate-key")
def rotate_key(shred_old: ShredOption = False, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Make new pseudonyms under a new key. Old ones can be matched as long as the older keys are kept."""
    done = service.rotate_key(Site.open(site), shred_old)
    if json:
        print_json(done)
    else:
        _show(done)
    if done.watched:
        print("asepsis: a watch goes on with the old key: stop it and begin again", file=sys.stderr)
    if done.shredded:
        what = "SSDs, file systems that write elsewhere, snapshots and backups may still have the old key"
        print(f"asepsis: {what}: remove it from backups too", file=sys.stderr)


def _show(done: Rotated) -> None:
    print(f"New pseudonyms begin with {done.key_id}:")
    if done.kept:
        print(f"Still matched, as their keys are kept: {', '.join(done.kept)}")
    if done.shredded:
        print(f"Gone, and with them the way from an id to its old pseudonyms: {', '.join(done.shredded)}")
