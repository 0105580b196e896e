"""The hospital's verbs: what is on the network."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asepsis.hospital.act import Act, Verb, goes_by, marks_of_asset
from asepsis.hospital.asset import STATED, Asset, Attribute, Maybe, Stay, address_of, as_json, from_json, kind_in_words
from asepsis.hospital.counts import Counts, arrived, counts
from asepsis.hospital.export import Format, as_csv, as_cyclonedx, cells, csv_line
from asepsis.hospital.kinds import DECOY, KINDS, POSSIBLE, counted_kind
from asepsis.hospital.listed import asset_rows, assets_named, ids_of_assets, kinds_and_zones, names_of_assets, page_of_assets
from asepsis.hospital.listing import SORTS, AssetsAsked, columns_of, maker_of, silence_of, words_of
from asepsis.hospital.locator import Locator
from asepsis.hospital.naming import called, is_guess, told_kind, within
from asepsis.hospital.plan import Plan
from asepsis.hospital.retention import Retention
from asepsis.hospital.site_toml import checked, plan_of, read_plan
from asepsis.hospital.stated import said
from asepsis.hospital.systems import SURE, Support, supported
from asepsis.hospital.titles import TITLES_OF_PROGRAMS, TITLES_OF_TOOLKITS
from asepsis.journal import service as journal
from asepsis.kit import keys as site_keys
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.files import unwritable
from asepsis.kit.site import Site

if TYPE_CHECKING:
    from asepsis.hospital.models import ActRow, AssetRow
    from asepsis.hospital.observations import Lake
    from asepsis.hospital.rotation import KnownKey, Rotated
    from asepsis.hospital.tenure import Tenure
    from asepsis.hospital.unknown import Unknown
    from asepsis.hospital.whose import Match, Touched

__all__ = [
    "DECOY",
    "KINDS",
    "POSSIBLE",
    "SORTS",
    "STATED",
    "SURE",
    "TITLES_OF_PROGRAMS",
    "TITLES_OF_TOOLKITS",
    "Act",
    "Asset",
    "AssetsAsked",
    "Attribute",
    "Counts",
    "Format",
    "KnownKey",
    "Locator",
    "Match",
    "Maybe",
    "Plan",
    "Retention",
    "Rotated",
    "Stay",
    "Support",
    "Touched",
    "Unknown",
    "acts",
    "address_of",
    "arrived",
    "as_json",
    "asset",
    "asset_of",
    "assets",
    "assets_in",
    "assets_named",
    "called",
    "cells",
    "columns_of",
    "counted_kind",
    "counts",
    "csv_line",
    "export",
    "going_keys",
    "ids_of_assets",
    "is_guess",
    "keys",
    "kind_in_words",
    "kinds_and_zones",
    "locate",
    "match_patients",
    "merge",
    "names_of_assets",
    "page_of_assets",
    "plan",
    "plan_of",
    "read_ids",
    "rotate_key",
    "set_",
    "split",
    "supported",
    "take_arrivals",
    "take_inventory",
    "told_kind",
    "undo",
    "unknown",
    "within",
]


# What takes an inventory is loaded by who takes one: most commands only read it.
_LATE = {"KnownKey": "rotation", "Match": "whose", "Rotated": "rotation", "Touched": "whose", "Unknown": "unknown"}
_NAMED = 3
_LIKE_MAX = 200
"""Assets that are looked at where an id is none of now."""
"""Assets at one address that are named where a line has room for some."""


def take_inventory(site: Site, lake: Lake) -> list[Asset]:
    """The assets that the lake and site.toml show, saved in place of those before. Journalled if they changed. From then on the lake names
    addresses that had several holders by their places, so that whoever asks it tells the holders apart.

    Raises BadInput, with the line, for a site.toml that is not understood.
    """
    from asepsis.hospital.inventory import inventory
    from asepsis.hospital.observations import observe, presence

    held = tenures_of(lake)
    if held:
        lake.place([(t.address, t.since, t.until, t.place) for t in held])
    rows = asset_rows(site)
    found = inventory(observe(lake), plan(site), held, partial(presence, lake), acts(site))
    from django.db import transaction

    with transaction.atomic():
        before = dict(rows.objects.values_list("id", "detail"))
        after = {a.id: as_json(a) for a in found}
        if before != after:
            _save(rows, [a for a in found if before.get(a.id) != after[a.id]], after, sorted(before.keys() - after.keys()))
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


def asset_of(told: Mapping[str, Any]) -> Asset:
    """An asset of which some values are told; all else of it is unknown."""
    return from_json(as_json(Asset("", "", "unknown", 0.9, "unknown", "", 1.0)) | dict(told))


def assets_in(lake: Lake) -> list[Asset]:
    """The assets that a lake shows, of which nothing is saved."""
    from asepsis.hospital.inventory import inventory
    from asepsis.hospital.observations import observe

    return inventory(observe(lake), Plan())


def take_arrivals(site: Site, lake: Lake, known: Locator) -> tuple[Locator, frozenset[str]]:
    """What rows that came after the inventory of `known` say: the locator with who is new, saved and journalled; and the addresses, and
    assets at them, of which it cannot be said now who is there: that takes an inventory of all rows."""
    from asepsis.hospital.arrivals import arrivals

    come = arrivals(lake, known)
    if come.new:
        rows = asset_rows(site)
        from django.db import transaction

        with transaction.atomic():
            _save(rows, come.new, {a.id: as_json(a) for a in come.new}, ())
        detail = {"assets": len(known.assets) + len(come.new), "new": len(come.new), "gone": 0, "changed": 0}
        journal.record(site, "hospital.inventory", "assets", detail)
    disputed = come.dispute | {asset.id for address in come.dispute for asset in known.at(address)}
    return known.with_more(come.new, come.at), disputed


def tenures_of(lake: Lake) -> list[Tenure]:
    """Who held the addresses that had several holders, and when."""
    from asepsis.hospital.tenure import claims, claims_for_others, tenures

    claimed = claims(lake)
    return tenures(claimed, claims_for_others(claimed))


def assets(site: Site) -> list[Asset]:
    """The saved assets, by name."""
    return sorted((from_json(row.detail) for row in asset_rows(site).objects.all()), key=lambda a: (a.name, a.id))


def asset(site: Site, id: str) -> Asset:
    """The asset of this id, or of the only id that begins so, now or when less was known of it; WrongUse if there is none."""
    rows = [row for row in asset_rows(site).objects.filter(id__gte=id, id__lt=f"{id}z", id__startswith=id)[:2] if id]
    if not rows and id and "\0" not in id:
        # By what it was called when less was known of it: its words have that.
        rows = list(asset_rows(site).objects.filter(words__contains=id.lower())[:_LIKE_MAX])
        rows = [row for row in rows if any(former.startswith(id) for former in row.detail["former"])]
    found = [from_json(row.detail) for row in rows]
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
    from asepsis.hospital.observations import observe
    from asepsis.hospital.unknown import unknown as unknown_in

    return unknown_in(observe(lake))


def acts(site: Site, of: Asset | None = None) -> list[Act]:
    """What people said of assets, in order, also what was undone; or of one alone."""
    found = [row.act() for row in _act_rows(site).objects.all()]
    return [act for act in found if of is None or {of.id, *of.former}.intersection(act.assets)]


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
    kind = known[what].partition(":")[0]
    if kind != "ae" and sum(mark.startswith(f"{kind}:") for mark in set(known.values())) == 1:
        raise WrongUse("nothing would be left of the asset", what, "it goes by no other address; say what it is with `asepsis assets set`")
    return _act(site, Verb.SPLIT, [whole], [marks_of_asset(whole), frozenset({known[what]})], {}, what)


def set_(site: Site, id: str, values: Mapping[str, str]) -> Act:
    """What an asset is, whatever was seen: name, kind, clinical class, owner, manufacturer, model. It shows at once. Raises WrongUse."""
    rows = asset_rows(site)
    from django.db import transaction

    with transaction.atomic():
        known = asset(site, id)
        if not values:
            raise WrongUse("nothing to set", known.id, "say for example --kind 'infusion pump'")
        act = _act(site, Verb.SET, [known], [marks_of_asset(known)], checked(values))
        (told,) = said([known], [act])
        _save(rows, [told], {told.id: as_json(told)}, [])
    return act


def undo(site: Site, n: int | None = None) -> Act:
    """Takes back an act; without a number the last one that stands. Raises WrongUse."""
    rows = _act_rows(site)
    from django.db import transaction

    with transaction.atomic():
        standing = [act for act in acts(site) if not act.undone and n in (None, act.n)]
        # Of two who undo the same at once one is told that it is done: the first to write holds the store.
        if not standing or not rows.objects.filter(n=standing[-1].n, undone=False).update(undone=True):
            what = f"act {n} does not exist, or is undone already" if n is not None else "there is nothing to undo"
            raise WrongUse(what, todo="`asepsis assets acts` lists what was said")
        act = standing[-1]
        journal.record(site, "hospital.undo", act.assets[0], {"act": act.n, "verb": act.verb.value})
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


def keys(site: Site) -> list[KnownKey]:
    """The keys of the site's pseudonyms, the current one first; without their secrets."""
    from asepsis.hospital.rotation import known

    return known(site)


def going_keys(site: Site) -> list[str]:
    """The ids of keys that a stopped run was to shred and did not."""
    from asepsis.hospital.rotation import going

    return going(site)


def rotate_key(site: Site, shred: bool = False) -> Rotated:
    """New pseudonyms are made under a new key; the keys before it are kept beside it, or with `shred` overwritten and removed. Waits for
    who writes to the lake; the journal tells of it first, by ids.

    Raises BadInput if another rotation runs, for the site of another user, or when the disk is full; WrongUse where keys are to go while a
    watch uses one; DoesNotHold as `journal.record` does. Whenever it is killed the site has one whole current key.
    """
    from asepsis.hospital.rotation import alone, rotate
    from asepsis.lake.service import still, watched

    def record(act: str, detail: dict[str, object]) -> None:
        journal.record(site, act, "keys", detail)

    if site.path.stat().st_uid != os.geteuid():
        # Root could, and then the sensor's own user could not read the new key.
        raise BadInput("the site belongs to another user", site.path, "run it as that user: sudo -u USER asepsis site rotate-key")
    journal.check(site)
    try:
        with alone(site), still(site):
            listening = watched(site)
            if listening and shred:
                raise WrongUse("a watch makes pseudonyms under the old key", site.path, "stop it, shred, and begin it again")
            return replace(rotate(site, shred, record), watched=listening)
    except OSError as error:
        raise unwritable(error, site.path, "make room and run the same command again") from None


def read_ids(path: Path) -> list[str]:
    """The ids in a file, or on standard input (`-`), one a line. Raises BadInput, which quotes none."""
    from asepsis.hospital.asked import read

    if str(path) == "-":
        return read(sys.stdin.buffer, "standard input")
    with path.open("rb") as file:
        return read(file, str(path))


def match_patients(site: Site, ids: Sequence[str]) -> list[Match]:
    """Which rows of the lake tell of these patients, accessions, orders or studies, under every key that the site has. Nothing of it is
    kept; the journal tells that it was asked, and of how many ids. Raises DoesNotHold as `journal.record` does: then there is no answer."""
    from asepsis.hospital.whose import match
    from asepsis.lake.service import open_lake

    journal.check(site)
    key = site_keys.current(site.path)
    here = _known_assets(site)
    with open_lake(site) as lake:
        # Of an address that had several holders each row names who held it then.
        lake.place([(t.address, t.since, t.until, t.place) for t in tenures_of(lake)])
        keys = [key, *site_keys.older(site.path, key)]
        found = match(lake, keys, ids, lambda address: "; ".join(asset.name for asset in here.at(address)[:_NAMED]))
    journal.record(site, "patients.match", "patients", {"ids": len(ids)})
    return found


def _known_assets(site: Site) -> Locator:
    """The saved assets by address; none, and no store is made, where there is no store."""
    from asepsis.settings import has_store

    return locate(assets(site)) if has_store(site) else locate(())


def _act_rows(site: Site) -> type[ActRow]:
    from asepsis.settings import open_store

    open_store(site)
    from asepsis.hospital.models import ActRow

    return ActRow


def _save(rows: type[AssetRow], changed: Sequence[Asset], detail: Mapping[str, dict[str, Any]], gone: Sequence[str]) -> None:
    """Writes what is new or has changed, and takes out what is gone, some at a time."""
    for at in range(0, len(gone), _AT_ONCE):
        rows.objects.filter(id__in=gone[at : at + _AT_ONCE]).delete()
    columns = [column.name for column in rows._meta.concrete_fields if not column.primary_key]
    made = [_row(rows, a, detail[a.id]) for a in changed]
    rows.objects.bulk_create(made, batch_size=_AT_ONCE, update_conflicts=True, unique_fields=["id"], update_fields=columns)


_AT_ONCE = 500


def _row(rows: type[AssetRow], a: Asset, detail: dict[str, Any]) -> AssetRow:
    return rows(
        id=a.id, name=a.name, kind=a.kind, kind_confidence=a.kind_confidence, clinical_class=a.clinical_class, zone=a.zone,
        first_seen=a.first_seen, last_seen=a.last_seen, detail=detail, words=words_of(a), maker=maker_of(a), silence=silence_of(a),
    )  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(name)
    return getattr(import_module(f"asepsis.hospital.{_LATE[name]}"), name)
