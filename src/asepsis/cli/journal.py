"""`asepsis journal ...`. `verify` holds the journal against what lake and store keep of it, so it stands above all three."""

from __future__ import annotations

from asepsis.journal import service as journal
from asepsis.journal.commands import list_entries
from asepsis.journal.service import Anchor
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, group
from asepsis.kit.errors import BadInput, DoesNotHold
from asepsis.kit.output import plain, print_json
from asepsis.kit.site import Site

app = group("Who did what: list it, verify that nobody changed it.")
app.command("list")(list_entries)


@app.command()
def verify(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Check that every entry stands as it was written, and none is missing. Exit code 4 if not.

    What lake and store keep of the journal must be in it: so a journal that was wiped or put back to an older state is found.
    """
    opened = Site.open(site)
    anchors, notes, damage = _kept(opened)
    verdict = journal.verify(opened, anchors)
    notes = [*verdict.notes, *notes]
    if json:
        print_json(plain(verdict) | {"notes": notes})
    elif verdict.holds:
        print(f"The journal holds: {verdict.entries} entries, head {verdict.head}")
        for note in notes:
            print(f"Note: {note}")
    if not verdict.holds:
        raise DoesNotHold(f"the journal is broken at entry {verdict.broken}", opened.journal, verdict.why)
    if damage:
        raise damage


def _kept(site: Site) -> tuple[list[Anchor], list[str], BadInput | None]:
    """What other stores keep of the journal, what is remarkable about it, and the damage that kept one from being asked."""
    from asepsis.lake import service as lake

    anchors, notes, damage = list[Anchor](), list[str](), None
    for ask in (journal.stored, lake.anchors):
        try:
            anchors += ask(site)
        except BadInput as error:
            damage = error
    if damage is None:
        notes = [
            f"entry {entry} announced commit {n}, which the lake does not have: its run was stopped, or the lake was put back"
            for entry, n in lake.unmade(site)
        ]
    return anchors, notes, damage
