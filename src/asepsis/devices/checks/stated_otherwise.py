"""Assets that the hospital states to be one thing and that were seen to be another: what they are, or what they are known by (site.toml,
`assets set`)."""

from __future__ import annotations

from asepsis.findings.service import (
    Action,
    Check,
    Cleared,
    ClinicalClass,
    Effort,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Sighting,
    five,
    posture,
)  # fmt: skip
from asepsis.hospital.service import STATED, Asset

ID = "stated-otherwise"
FAULT = "The hospital's list and what was seen do not agree"
_DEPENDED_ON = frozenset({ClinicalClass.LIFE, ClinicalClass.MONITOR})
# What is stated of an asset and may be seen of it. Of an address that it does not have, what was seen of it last speaks.
_COMPARED = frozenset({"kind", "clinical_class", "manufacturer", "model", "serial", "mac", "ae_title", "address"})


def run(look: Look) -> list[Proposal]:
    return [_proposal(asset, look) for asset in look.locator.assets.values() if asset.contradictions and asset.last_seen]


def clears(look: Look) -> list[Cleared]:
    """Assets that are stated and seen to be the same."""
    why = "What is stated and what was seen agree."
    agreed = (a for a in look.locator.assets.values() if not a.contradictions and a.last_seen and _stated(a))
    return [Cleared(ID, asset.id, asset.last_seen, why, events=_shown(asset)) for asset in agreed if asset.last_seen]


def _stated(asset: Asset) -> frozenset[str]:
    return _COMPARED & {fact.name for fact in asset.attributes if fact.source == STATED}


def _shown(asset: Asset) -> tuple[str, ...]:
    """The events by which it was seen to be what it is."""
    seen = [fact for fact in asset.attributes if fact.source != STATED and fact.event_id]
    facts = [fact for fact in seen if fact.name in _stated(asset)] or seen[:1]
    return tuple(dict.fromkeys(str(fact.event_id) for fact in facts))


def _seen_classes(asset: Asset) -> list[str]:
    """Of a device that is stated to be none, whether it is one is what has to be found out."""
    return [fact.value for fact in asset.attributes if fact.name == "clinical_class" and fact.source != STATED]


def _proposal(asset: Asset, look: Look) -> Proposal:
    party = Party(asset.stays[-1].place if asset.stays else asset.id, (asset,))
    first, last = asset.first_seen or look.now, asset.last_seen or look.now
    clinical = not _DEPENDED_ON.isdisjoint((party.weight, *_seen_classes(asset)))
    return posture(
        ID,
        Fault(party, "", Sighting(first, last, _shown(asset))),
        look,
        title=f"{party.opening} is stated to be one thing and was seen to be another",
        many=FAULT,
        why=" ".join(asset.contradictions),
        harms=five(
            safety=(2 if clinical else 1, "It may be switched off while a patient needs it."),
            privacy=(1, "What is taken for another is guarded as the other needs it."),
            integrity=(1, "The hospital's list cannot be relied on."),
            service=(1, "In an emergency the wrong machine may be looked for."),
            money_and_trust=(1, "Inventories that are wrong fail audits."),
        ),
        action=Action(
            f"Find out what {party.name} is, and correct site.toml or what was set",
            Effort.MINUTES,
            (
                f"`asepsis assets show {asset.id}` lists what speaks for each.",
                "Correct the entry in site.toml; what was set at the command line: `asepsis assets acts`, `asepsis assets undo`.",
                "Where DHCP gives out addresses, state its mac or serial, and leave the address out.",
                "If neither is wrong, another machine may stand there or go by its name: ask the ward.",
            ),
            "Find out what they are, and correct the list",
        ),
    )


CHECK = Check(
    id=ID,
    title="Stated otherwise",
    looks_for="Assets whose kind, maker, model, class, address, card, serial number or title is stated, and that were seen with another.",
    cannot_see="Stated assets that were never seen: they stand in the report's coverage. A class stated graver than seen is no fault.",
    streams=("conn", "arp"),
    harms=(HarmKind.SAFETY, HarmKind.INTEGRITY, HarmKind.SERVICE),
    references=("HICP 2023 practice 5 IT Asset Management", "NIST CSF 2.0 ID.AM-01", "NIST SP 800-66r2 5.1.1 Security Management Process"),
    run=run,
    clears=clears,
)
