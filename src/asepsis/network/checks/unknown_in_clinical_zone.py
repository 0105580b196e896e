"""Machines of which nobody knows what they are, in a part of the network where patients are treated or watched."""

from __future__ import annotations

import re

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    ClinicalClass,
    Effort,
    Excused,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    faults,
    five,
    nothing,
    posture,
)
from asepsis.hospital.service import STATED, Asset, is_guess

ID = "unknown-in-clinical-zone"
# What hospitals write as the purpose or name of such a zone.
_CLINICAL = re.compile(
    r"\b(?:icu|nicu|picu|intensive care|wards?|theatres?|operating (?:room|theatre)s?|anaesth\w*|anesth\w*|dialys\w*|radiology|radiotherapy"
    r"|imaging|modalit\w+|bedsides?|patient monitor\w*|telemetry|infusion|ventilat\w+|laborator\w+|analy[sz]ers?|clinical|cardiology"
    r"|emergency (?:department|room)|neonatal)\b",
    re.IGNORECASE,
)
# Theirs are the devices of visitors, whatever the purpose says else.
_NOT = re.compile(r"\b(?:guests?|visitors?|entertainment|internet|public)\b", re.IGNORECASE)
_AT_STAKE = (ClinicalClass.LIFE, ClinicalClass.MONITOR)

# Both sides must have sent something: what only calls out may be a packet with a false address.
_TALKING = """
    select machine, min(partner) as partner, {span} from (
        select id_orig_h as machine, id_resp_h as partner, ts, event_id from pairs where orig_pkts > 0 and resp_pkts > 0
        union all
        select id_resp_h as machine, id_orig_h as partner, ts, event_id from pairs where orig_pkts > 0 and resp_pkts > 0
    ) as seen group by machine
"""


def run(look: Look) -> list[Proposal]:
    zones = clinical_zones(look)
    # All the addresses that were seen are asked for only if there is one to ask after.
    if not any(asset.zone in zones and _unknown(asset) for asset in look.locator.assets.values()):
        return []
    found = faults(look, _TALKING, who="machine", part=nothing, counts=lambda party: party.zone in zones and _all_unknown(party))
    return [_proposal(fault, zones[fault.party.zone], look) for fault in found]


def excuses(look: Look) -> list[Excused]:
    """Machines in such zones of which the hospital has said what they are."""
    zones = clinical_zones(look)
    stated = faults(look, _TALKING, who="machine", part=nothing, counts=lambda party: party.zone in zones and _stated(party))
    return [Excused(f"the hospital states what {fault.party.address} is", fault.sighting.events) for fault in stated]


def lacks(look: Look) -> str:
    return "" if look.plan.zones else "no [[zones]] in site.toml"


def clinical_zones(look: Look) -> dict[str, str]:
    """Zones where patients are treated or watched, and why: as stated, or by the devices that are known to be there."""
    zones = dict[str, str]()
    for asset in look.locator.assets.values():
        if asset.zone and not is_guess(asset) and asset.clinical_class in _AT_STAKE:
            zones.setdefault(asset.zone, f"{asset.name} is there")
    return zones | {zone.name: "as its purpose says" for zone in look.plan.zones if _says_so(f"{zone.name} {zone.purpose}")}


def _says_so(words: str) -> bool:
    return bool(_CLINICAL.search(words)) and not _NOT.search(words)


def _stated(party: Party) -> bool:
    return party.asset is not None and party.asset.class_source.startswith(STATED)


def _all_unknown(party: Party) -> bool:
    return party.asset is not None and _unknown(party.asset)


def _unknown(asset: Asset) -> bool:
    """What the hospital has stated a class of is known well enough; what stands behind an adapter has the adapter's finding."""
    return (asset.kind == "unknown" or is_guess(asset)) and not asset.class_source.startswith(STATED) and not asset.behind


def _proposal(fault: Fault, reason: str, look: Look) -> Proposal:
    """Nothing clears it on the wire: it goes as soon as the machine is known, and the finding says so."""
    machine = fault.party
    known = machine.kind != "unknown"
    guess = f"What was seen points to this, but not for sure: {machine.kind}." if known else "Nothing that was seen says what it is."
    what = f"for sure what {machine.address} is (perhaps: {machine.kind})" if known else f"what {machine.address} is"
    return posture(
        ID,
        fault,
        look,
        title=f"Nobody knows {what}, and it talks in {machine.zone}, where patients are cared for",
        many=f"Nobody knows {'for sure ' if known else ''}what these are, and they talk where patients are cared for",
        harms=five(
            safety=(SAFETY_OF[ClinicalClass.MONITOR], "It may be a patient's device, or a stranger."),
            privacy=(2, "It is near to machines that hold patients' records."),
            integrity=(1, "What is not known cannot be kept up to date."),
            service=(1, "What is not known is not thought of when something is switched off."),
            money_and_trust=(1, "Every attack has to be searched for on it too."),
        ),
        action=Action(
            f"Find out what {machine.address} is, and state it in site.toml",
            Effort.MINUTES,
            (
                f"`asepsis assets show {machine.key}` tells all that was seen of it: MAC address, maker, whom it talks to.",
                "Find its switch port, and go there. A loaner, a visitor's laptop or a test device is a usual answer.",
                "State it ([[assets]] with address or mac, kind and clinical_class), or take it off this part of the network.",
            ),
            "Find out what these are, and state them in site.toml",
        ),
        why=f"{machine.begins} talks in {machine.zone} ({reason}), for instance with {look.at(fault.rows[0]['partner']).name}. {guess}",
    )


CHECK = Check(
    id=ID,
    title="Unknown machine where patients are cared for",
    looks_for="Assets of unknown kind, or of one that is only a guess, that talk in a zone with devices or with such a purpose.",
    cannot_see="Zones that site.toml does not name; machines that say nothing; a stranger that passes for a device.",
    streams=("conn",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 5 IT Asset Management",
        "NIST CSF 2.0 ID.AM-01",
        "NIST SP 800-66r2 5.1.1 Security Management Process",
        "ATT&CK T1200 Hardware Additions",
    ),
    run=run,
    excuses=excuses,
    lacks=lacks,
)
