"""What the hospital states (site.toml) beats what was seen; where the two differ, the asset says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from asepsis.hospital.act import Act, Verb, marks_of_asset
from asepsis.hospital.asset import STATED, Asset, Attribute
from asepsis.hospital.clinical import SURE_ENOUGH, clinical_class, graver
from asepsis.hospital.identity import asset_id
from asepsis.hospital.kinds import DECOY, UNKNOWN, Verdict
from asepsis.hospital.meant import Known
from asepsis.hospital.naming import machine_label, machine_name, role_name
from asepsis.hospital.plan import Plan, Stated

_DEPENDED_ON = ("life", "monitor")
"""Classes that a patient depends on now. Stated lower than what was seen, the statement counts, as a person may have a reason; it is said,
as a slip would hide a device that somebody needs. Stated higher is careful, and no contradiction."""


def state(assets: list[Asset], plan: Plan) -> list[Asset]:
    """The assets with every statement applied, and those stated that were not seen."""
    by_id, known = {a.id: a for a in assets}, Known(assets, plan.assets)
    for stated in plan.assets:
        meant, contradictions = known.meant(stated)
        asset = meant or _unseen(stated, plan)
        if asset.id not in by_id:
            known.add(asset)
        asset = by_id.get(asset.id, asset)
        by_id[asset.id] = _with(asset, stated, contradictions=contradictions)
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


def _with(asset: Asset, stated: Stated, words: str = "", contradictions: tuple[str, ...] = ()) -> Asset:
    told = {n: getattr(stated, n) for n in ("name", "kind", "clinical_class", "owner", "manufacturer", "model") if getattr(stated, n)}
    why = [words or f"site.toml states: {', '.join(f'{n.replace(chr(95), chr(32))} {v}' for n, v in told.items())}."] if told else []
    changes: dict[str, Any] = dict(told)
    if "kind" in told:
        changes["kind_confidence"] = 1.0
        if "clinical_class" not in told:
            changes["clinical_class"], _ = clinical_class(told["kind"], 1.0)
            changes["class_source"] = f"{STATED} kind {told['kind']}"
    if "clinical_class" in told:
        changes["class_source"] = STATED
    if contradictions and graver(asset.clinical_class, changes.get("clinical_class", asset.clinical_class)):
        changes |= {
            "clinical_class": asset.clinical_class,
            "class_source": f"{asset.class_source}; what is stated may be another machine's",
        }
    if "name" not in told:
        changes["name"] = _name(asset, told)
    differ = (*contradictions, *_differences(asset, told))
    known_by = {"address": stated.address, "mac": stated.mac, "ae_title": stated.ae, "serial": stated.serial}
    facts = tuple(Attribute(n, v, STATED, None, 1.0, None) for n, v in (told | known_by).items() if v)
    return replace(
        asset,
        **changes,
        confidence=asset.confidence if words or contradictions else 1.0,
        attributes=facts + asset.attributes,
        contradictions=tuple(dict.fromkeys((*differ, *asset.contradictions))),
        why=(*why, *differ, *asset.why),
    )


def _differences(asset: Asset, told: dict[str, str]) -> Iterator[str]:
    """Where what it is stated to be is not what was seen; a decoy is there to be taken for something else."""
    if told.get("kind") == DECOY:
        return
    seen = {fact.name: fact for fact in reversed(asset.attributes) if fact.source != STATED}
    kind, its_class = seen.get("kind"), seen.get("clinical_class")
    if kind and kind.value != told.get("kind", kind.value):
        yield f"What was seen speaks for {kind.value} ({kind.confidence:.0%}), stated is {told['kind']}: one of the two is wrong."
    elif kind and its_class and its_class.value in _DEPENDED_ON and kind.confidence >= SURE_ENOUGH:
        stated = told.get("clinical_class", its_class.value)
        if graver(its_class.value, stated):
            told_by = f"What was seen speaks for {kind.value} ({kind.confidence:.0%})"
            yield f"{told_by}, which is of class {its_class.value}; stated is class {stated}: one of the two is wrong."
    for n in ("manufacturer", "model"):
        if n in told and n in seen and seen[n].value.casefold() != told[n].casefold():
            yield f"It names its {n} {seen[n].value}, stated is {told[n]}: one of the two is wrong."
