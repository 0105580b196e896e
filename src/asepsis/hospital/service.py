"""The hospital's verbs: what is on the network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from asepsis.hospital.act import Act, Verb, goes_by, marks_of_asset
from asepsis.hospital.asset import STATED, Asset, Attribute, Maybe, Stay, as_json, from_json, kind_in_words
from asepsis.hospital.export import Format, as_csv, as_cyclonedx, system_of
from asepsis.hospital.inventory import inventory
from asepsis.hospital.kinds import KINDS, counted_kind
from asepsis.hospital.locator import Locator
from asepsis.hospital.naming import called, is_guess
from asepsis.hospital.observations import Lake, observe, presence
from asepsis.hospital.site_toml import Plan, checked, read_plan
from asepsis.hospital.systems import Support, supported
from asepsis.hospital.tenure import Tenure, address_of, claims, claims_for_others, tenures
from asepsis.hospital.unknown import Unknown
from asepsis.hospital.unknown import unknown as unknown_in
from asepsis.journal import service as journal
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

if TYPE_CHECKING:
    from asepsis.hospital.models import ActRow, AssetRow

__all__ = [
    "KINDS",
    "STATED",
    "Act",
    "Asset",
    "Attribute",
    "Format",
    "Locator",
    "Maybe",
    "Plan",
    "Stay",
    "Support",
    "Unknown",
    "acts",
    "address_of",
    "as_json",
    "asset",
    "assets",
    "called",
    "counted_kind",
    "export",
    "is_guess",
    "kind_in_words",
    "locate",
    "merge",
    "plan",
    "set_",
    "split",
    "supported",
    "system_of",
    "take_inventory",
    "undo",
    "unknown",
]


def take_inventory(site: Site, lake: Lake) -> list[Asset]:
    """The assets that the lake and site.toml show, saved in place of those before. Journalled if they changed. From then on the lake names
    addresses that had several holders by their places, so that whoever asks it tells the holders apart.

    Raises BadInput, with the line, for a site.toml that is not understood.
    """
    held = tenures_of(lake)
    if held:
        lake.place([(t.address, t.since, t.until, t.place) for t in held])
    rows = _rows(site)
    found = inventory(observe(lake), plan(site), held, partial(presence, lake), acts(site))
    from django.db import transaction

    with transaction.atomic():
        before = {row.id: row.detail for row in rows.objects.all()}
        after = {a.id: as_json(a) for a in found}
        if before != after:
            rows.objects.all().delete()
            rows.objects.bulk_create([_row(rows, a) for a in found], batch_size=500)
    if before != after:
        changed = sum(before[i] != after[i] for i in before.keys() & after.keys())
        detail = {
            "assets": len(after),
            "new": len(after.keys() - before.keys()),
            "gone": len(before.keys() - after.keys()),
            "changed": changed,
        }
        journal.record(site, "hospital.inventory", "assets", detail)
    return found


def tenures_of(lake: Lake) -> list[Tenure]:
    """Who held the addresses that had several holders, and when."""
    claimed = claims(lake)
    return tenures(claimed, claims_for_others(claimed))


def assets(site: Site) -> list[Asset]:
    """The saved assets, by name."""
    return sorted((from_json(row.detail) for row in _rows(site).objects.all()), key=lambda a: (a.name, a.id))


def asset(site: Site, id: str) -> Asset:
    """The asset of this id, or of the only id that begins so, now or when less was known of it; WrongUse if there is none."""
    rows = [row for row in _rows(site).objects.filter(id__startswith=id)[:2] if id]
    found = [from_json(row.detail) for row in rows] or [a for a in assets(site) if id and any(f.startswith(id) for f in a.former)]
    if len(found) != 1:
        raise WrongUse("several assets begin so" if found else "no such asset", id, "`asepsis assets list` shows the ids")
    return found[0]


def export(site: Site, format: Format) -> str:
    """The saved assets as text of that format."""
    found = assets(site)
    if format is Format.CSV:
        return as_csv(found)
    return json.dumps(as_cyclonedx(found) if format is Format.CYCLONEDX else [as_json(a) for a in found], indent=2)


def unknown(lake: Lake) -> list[Unknown]:
    """What was seen and stands in no table: nothing of it names a place, an address or a person."""
    return unknown_in(observe(lake))


def acts(site: Site) -> list[Act]:
    """What people said of assets, in order, also what was undone."""
    return [row.act() for row in _act_rows(site).objects.all()]


def merge(site: Site, ids: Sequence[str]) -> Act:
    """These assets are one machine. The inventory shows it when it is taken again. Raises WrongUse."""
    merged = [asset(site, one) for one in ids]
    if len({a.id for a in merged}) < 2:
        raise WrongUse("one asset alone cannot be merged", ", ".join(ids), "name two or more")
    return _act(site, Verb.MERGE, merged, [marks_of_asset(a) for a in merged], {})


def split(site: Site, id: str, what: str) -> Act:
    """What goes by `what` (an address, a MAC address, an AE title of the asset) is another machine. Raises WrongUse."""
    whole = asset(site, id)
    known = goes_by(whole)
    if what not in known:
        raise WrongUse("it does not go by that", what, f"it goes by {', '.join(sorted(k for k in known if '@' not in k)) or 'nothing'}")
    return _act(site, Verb.SPLIT, [whole], [marks_of_asset(whole), frozenset({known[what]})], {}, what)


def set_(site: Site, id: str, values: Mapping[str, str]) -> Act:
    """What an asset is, whatever was seen: name, kind, clinical class, owner, manufacturer, model. Raises WrongUse."""
    known = asset(site, id)
    if not values:
        raise WrongUse("nothing to set", known.id, "say for example --kind 'infusion pump'")
    return _act(site, Verb.SET, [known], [marks_of_asset(known)], checked(values))


def undo(site: Site, n: int | None = None) -> Act:
    """Takes back an act; without a number the last one that stands. Raises WrongUse."""
    standing = [act for act in acts(site) if not act.undone and n in (None, act.n)]
    if not standing:
        what = f"act {n} does not exist, or is undone already" if n is not None else "there is nothing to undo"
        raise WrongUse(what, todo="`asepsis assets acts` lists what was said")
    act = standing[-1]
    from django.db import transaction

    with transaction.atomic():
        journal.record(site, "hospital.undo", act.assets[0], {"act": act.n, "verb": act.verb.value})
        _act_rows(site).objects.filter(n=act.n).update(undone=True)
    return replace(act, undone=True)


def _act(site: Site, verb: Verb, named: Sequence[Asset], marks: Sequence[frozenset[str]], values: Mapping[str, str], what: str = "") -> Act:
    """Journals an act, then keeps it. A name and an owner are free text of a person: they stay in the store."""
    rows, ids = _act_rows(site), [a.id for a in named]
    from django.db import transaction

    told = {name: value for name, value in values.items() if name not in ("name", "owner")}
    with transaction.atomic():
        detail = {"assets": ids, "what": what, "set": sorted(values), "values": told}
        entry = journal.record(site, f"hospital.{verb}", ids[0], detail)
        row = rows.objects.create(
            at=datetime.now(UTC),
            who=entry.who,
            verb=verb.value,
            assets=ids,
            marks=[sorted(m) for m in marks],
            what=what,
            values=dict(values),
        )
    act: Act = row.act()
    return act


def locate(assets: Iterable[Asset], plan: Plan | None = None) -> Locator:
    """A locator over assets; give the plan too where zones of public addresses and partners matter."""
    return Locator(assets, plan)


def plan(site: Site) -> Plan:
    """What the hospital states in site.toml; BadInput, with the line, if it is not understood."""
    return read_plan(site.path / "site.toml")


def _act_rows(site: Site) -> type[ActRow]:
    from asepsis.settings import open_store

    open_store(site)
    from asepsis.hospital.models import ActRow

    return ActRow


def _rows(site: Site) -> type[AssetRow]:
    """The table of assets of this site. Imported late: without an open store Django has no models."""
    from asepsis.settings import open_store

    open_store(site)
    from asepsis.hospital.models import AssetRow

    return AssetRow


def _row(rows: type[AssetRow], a: Asset) -> AssetRow:
    return rows(
        id=a.id, name=a.name, kind=a.kind, kind_confidence=a.kind_confidence, clinical_class=a.clinical_class, zone=a.zone,
        first_seen=a.first_seen, last_seen=a.last_seen, detail=as_json(a),
    )  # fmt: skip
