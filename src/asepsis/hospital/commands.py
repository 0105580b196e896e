"""`asepsis assets ...`: what is on the network."""

from __future__ import annotations

from typing import Annotated

import typer

from asepsis.hospital import service
from asepsis.hospital.service import Asset
from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.errors import one_line
from asepsis.kit.output import iso, print_json, print_table
from asepsis.kit.site import Site

app = command.group("What is on the network.")

NOTHING = "No assets. Next: `asepsis assess CAPTURE...` sees them in traffic; `site.toml` in the site's folder may state them."

AssetId = Annotated[str, typer.Argument(metavar="ID", help="Id of the asset, or its beginning.")]
KindOption = Annotated[str, typer.Option("--kind", help="Only assets of this kind, as CT or 'file server'.")]


@app.command("list")
def list_(site: SiteOption = DEFAULT_SITE, kind: KindOption = "", json: JsonOption = False) -> None:
    """All assets: what each is, how sure that is, and how much a patient depends on it."""
    known = service.assets(Site.open(site))
    found = [a for a in known if not kind or a.kind.casefold() == kind.casefold()]
    if json:
        return print_json([service.as_json(a) for a in found])
    if not found:
        return print(f"No asset of kind '{one_line(kind)}'. There are: {', '.join(sorted({a.kind for a in known}))}." if known else NOTHING)
    rows = [(a.id, a.name, service.kind_in_words(a), a.clinical_class, ", ".join(a.addresses), a.zone) for a in found]
    print_table(("id", "name", "kind", "class", "addresses", "zone"), rows)
    return None


@app.command()
def show(asset_id: AssetId, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """One asset: every fact with its source, and why we take it for what we say."""
    a = service.asset(Site.open(site), asset_id)
    if json:
        return print_json(service.as_json(a))
    print(one_line(a.name))
    for sentence in a.why:
        print(f"  - {one_line(sentence)}")
    print_table(("", ""), [fact for fact in _facts(a) if fact[1]])
    rows = [(f.name, f.value, f.source, _percent(f.confidence), iso(f.ts) if f.ts else "") for f in a.attributes]
    print_table(("fact", "value", "source", "sure", "last seen"), rows)
    return None


def _facts(a: Asset) -> list[tuple[str, str]]:
    return [
        ("id", a.id),
        ("kind", service.kind_in_words(a)),
        ("clinical class", f"{a.clinical_class} ({a.class_source})"),
        ("one machine", _percent(a.confidence)),
        ("owner", a.owner),
        ("zone", a.zone),
        ("addresses", ", ".join(a.addresses)),
        ("MAC addresses", ", ".join(a.macs)),
        ("behind", a.behind),
        ("services", ", ".join(a.services)),
        ("first seen", iso(a.first_seen) if a.first_seen else ""),
        ("last seen", iso(a.last_seen) if a.last_seen else ""),
    ]


def _percent(share: float) -> str:
    return f"{share:.0%}" if share else ""
