"""What the hospital states (site.toml) beats what was seen; where the two differ, the asset says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from asepsis.hospital.act import Act, Verb, marks_of_asset
from asepsis.hospital.asset import STATED, Asset, Attribute
from asepsis.hospital.clinical import clinical_class
from asepsis.hospital.identity import asset_id
from asepsis.hospital.kinds import UNKNOWN, Verdict
from asepsis.hospital.naming import machine_label, machine_name, role_name
from asepsis.hospital.plan import Plan, Stated


def state(assets: list[Asset], plan: Plan) -> list[Asset]:
    """The assets with every statement applied, and those stated that were not seen."""
    by_id = {a.id: a for a in assets}
    for stated in plan.assets:
        fits = [a for a in by_id.values() if _fits(stated, a)]
        asset = min(fits, key=lambda a: (bool(a.behind), a.id)) if fits else _unseen(stated, plan)
        by_id[asset.id] = _with(asset, stated)
    return list(by_id.values())


def said(assets: list[Asset], acts: Sequence[Act]) -> list[Asset]:
    """The assets with what people set, the later over the earlier and both over site.toml."""
    by_id = {a.id: a for a in assets}
    for act in acts:
        if act.verb is Verb.SET:
            known = [a for a in by_id.values() if act.marks[0] & (marks_of_asset(a) | {f"id:{i}" for i in (a.id, *a.former)})]
            for asset in known:
                by_id[asset.id] = _with(asset, Stated(**act.values), act.words)
    return list(by_id.values())


def _fits(stated: Stated, asset: Asset) -> bool:
    return (
        (not stated.address or stated.address in asset.addresses)
        and (not stated.mac or stated.mac in asset.macs)
        and (not stated.ae or stated.ae in asset.ae_titles)
        and (not stated.serial or stated.serial.casefold() == asset.serial.casefold())
    )


def _unseen(stated: Stated, plan: Plan) -> Asset:
    identity = (
        ("serial", stated.manufacturer, stated.serial) if stated.serial
        else ("mac", stated.mac) if stated.mac
        else ("ae", stated.ae, stated.address) if stated.ae
        else ("address", stated.address)
    )  # fmt: skip
    return Asset(
        id=asset_id(*identity),
        name=stated.name or f"Stated {stated.ae or stated.address or stated.mac or stated.serial}",
        kind=UNKNOWN,
        kind_confidence=0.0,
        clinical_class="unknown",
        class_source="nothing was seen",
        confidence=1.0,
        serial=stated.serial,
        ae_titles=(stated.ae,) if stated.ae else (),
        addresses=(stated.address,) if stated.address else (),
        macs=(stated.mac,) if stated.mac else (),
        zone=plan.zone(stated.address) if stated.address else "",
        why=("site.toml states it; it has not been seen.",),
    )


def _name(asset: Asset, told: dict[str, str]) -> str:
    """The name that the asset would have if it had been seen to be what is stated."""
    manufacturer, model = (told.get(n) or getattr(asset, n) for n in ("manufacturer", "model"))
    where = next(iter((*asset.addresses, *asset.macs)), "")
    if told.keys() & {"manufacturer", "model"}:
        return machine_name(manufacturer, model, machine_label(asset.attributes, asset.station, asset.ae_titles) or where)
    if "kind" in told and not (manufacturer or model):
        names = tuple(dict.fromkeys(a.split("|")[0] for a in asset.hl7_applications))
        return role_name(Verdict(told["kind"], 1.0, (), ()), asset.ae_titles, names, asset.hostnames, where)
    return asset.name


def _with(asset: Asset, stated: Stated, words: str = "") -> Asset:
    told = {n: getattr(stated, n) for n in ("name", "kind", "clinical_class", "owner", "manufacturer", "model") if getattr(stated, n)}
    why = [words or f"site.toml states: {', '.join(f'{n.replace(chr(95), chr(32))} {v}' for n, v in told.items())}."] if told else []
    changes: dict[str, Any] = dict(told)
    differ = []
    if "kind" in told:
        changes["kind_confidence"] = 1.0
        seen = next((fact for fact in asset.attributes if fact.name == "kind" and fact.source != STATED), None)
        if seen and seen.value != told["kind"]:
            differ.append(
                f"What was seen speaks for {seen.value} ({seen.confidence:.0%}), stated is {told['kind']}: one of the two is wrong."
            )
        if "clinical_class" not in told:
            changes["clinical_class"], _ = clinical_class(told["kind"], 1.0)
            changes["class_source"] = f"{STATED} kind {told['kind']}"
    if "clinical_class" in told:
        changes["class_source"] = STATED
    if "name" not in told:
        changes["name"] = _name(asset, told)
    for n in ("manufacturer", "model"):
        named = next((fact.value for fact in asset.attributes if fact.name == n and fact.source != STATED), "")
        if n in told and named and named.casefold() != told[n].casefold():
            differ.append(f"It names its {n} {named}, stated is {told[n]}: one of the two is wrong.")
    known_by = {"address": stated.address, "mac": stated.mac, "ae_title": stated.ae, "serial": stated.serial}
    facts = tuple(Attribute(n, v, STATED, None, 1.0, None) for n, v in (told | known_by).items() if v)
    sure = asset.confidence if words else 1.0
    return replace(
        asset,
        **changes,
        confidence=sure,
        attributes=facts + asset.attributes,
        contradictions=tuple(dict.fromkeys((*differ, *asset.contradictions))),
        why=(*why, *differ, *asset.why),
    )
