"""`asepsis assets ...`: what is on the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asepsis.hospital import service
from asepsis.hospital.service import Asset
from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at
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
    """One asset: every fact with its source and event, and why we take it for what we say. `lake sql` has the events."""
    a = service.asset(Site.open(site), asset_id)
    if json:
        return print_json(service.as_json(a))
    print(one_line(a.name))
    for sentence in a.why:
        print(f"  - {one_line(sentence)}")
    print_table(("", ""), [fact for fact in _facts(a) if fact[1]])
    rows = [(f.name, f.value, f.source, _percent(f.confidence), iso(f.ts) if f.ts else "", f.event_id or "") for f in a.attributes]
    stays = [(s.address, s.mac, iso(s.first) if s.first else "", iso(s.last) if s.last else "") for s in a.stays]
    print_table(("was at", "MAC address", "from", "to"), stays)
    if a.maybe:
        print_table(("may be", "why", "events"), [(m.id, m.why, ", ".join(m.events[:2])) for m in a.maybe])
    print_table(("fact", "value", "source", "sure", "last seen", "event"), rows)
    return None


@app.command()
def export(
    format: Annotated[service.Format, typer.Option("--format", help="What to write.")] = service.Format.CSV, site: SiteOption = DEFAULT_SITE
) -> None:
    """All assets for other programs, on standard output: a table, JSON, or CycloneDX with a component of type device each."""
    print(service.export(Site.open(site), format), end="" if format is service.Format.CSV else "\n")


@app.command()
def unknown(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """What machines said of their make that no table knows. Addresses and names that machines of this site have are left out of it (*).
    Read it before you show it to others: makers' words may be followed by what somebody typed."""
    from asepsis.lake.service import open_lake

    with open_lake(Site.open(site)) as lake:
        found = service.unknown(lake)
    if json:
        return print_json(found)
    if not found:
        return print("Nothing was seen that the tables do not know.")
    print_table(("table", "seen", "machines", "beside"), [(u.table, u.seen, str(u.machines), u.beside) for u in found])
    print("How to add a row: docs/how-to/add-a-row.md")
    return None


@app.command()
def merge(
    ids: Annotated[list[str], typer.Argument(metavar="ID ID...", help="Ids of assets that are one machine.")],
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Says that several assets are one machine."""
    opened = Site.open(site)
    _done(opened, site, service.merge(opened, ids), json)


@app.command()
def split(
    asset_id: AssetId,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="An address, MAC address or AE title of it that is another machine's.")],
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Says that what goes by one address or title of an asset is another machine."""
    opened = Site.open(site)
    _done(opened, site, service.split(opened, asset_id, what), json)


@app.command("set")
def set_(
    asset_id: AssetId,
    name: Annotated[str, typer.Option(help="What it is called. No names of patients.")] = "",
    kind: Annotated[str, typer.Option(help="What it is, as CT or 'infusion pump'.")] = "",
    clinical_class: Annotated[str, typer.Option("--class", help="How much a patient depends on it: life, monitor, support, none.")] = "",
    owner: Annotated[str, typer.Option(help="Who answers for it: a department.")] = "",
    manufacturer: Annotated[str, typer.Option(help="Its maker.")] = "",
    model: Annotated[str, typer.Option(help="Its model.")] = "",
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Says what an asset is; it beats what was seen and site.toml."""
    told = {"name": name, "kind": kind, "clinical_class": clinical_class, "owner": owner, "manufacturer": manufacturer, "model": model}
    opened = Site.open(site)
    _done(opened, site, service.set_(opened, asset_id, {key: value for key, value in told.items() if value}), json)


@app.command()
def undo(
    act: Annotated[int | None, typer.Argument(metavar="[ACT]", help="Number of the act; without it the last one.")] = None,
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Takes back a merge, a split or what was set."""
    opened = Site.open(site)
    _done(opened, site, service.undo(opened, act), json)


@app.command("acts")
def acts_(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """What people said of assets: merged, split, set."""
    found = service.acts(Site.open(site))
    if json:
        return print_json([_act_form(act) for act in found])
    if not found:
        return print("Nobody has merged, split or set an asset yet. `asepsis assets merge --help`")
    print_table(("act", "what", "undone"), [(str(act.n), act.words, "undone" if act.undone else "") for act in found])
    return None


def _done(site: Site, path: Path, act: service.Act, json: bool) -> None:
    """Takes the inventory again with what was said, and shows it."""
    from asepsis.lake.service import open_lake

    with open_lake(site) as lake:
        found = service.take_inventory(site, lake)
    if json:
        return print_json(_act_form(act))
    print(f"{'Undone: ' if act.undone else ''}{one_line(act.words, 400)}")
    named = {a.id: a for a in found if {a.id, *a.former} & set(act.assets)}
    print_table(("id", "name", "kind", "class"), [(a.id, a.name, service.kind_in_words(a), a.clinical_class) for a in named.values()])
    if not act.undone:
        print(f"To take it back: asepsis assets undo {act.n}{at(path)}")
    return None


def _act_form(act: service.Act) -> dict[str, object]:
    return {
        "act": act.n, "at": iso(act.at), "who": act.who, "verb": act.verb.value, "assets": list(act.assets), "what": act.what,
        "values": act.values, "undone": act.undone,
    }  # fmt: skip


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
