"""Devices that talk to the internet, beyond the partners of site.toml. Those that the internet calls have a graver finding
(reached-from-internet)."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    ClinicalClass,
    Effort,
    Excused,
    Exploitation,
    Exposure,
    HarmKind,
    Judged,
    Kind,
    Look,
    Points,
    Proposal,
    Remedy,
    five,
    listed,
)
from asepsis.network import border
from asepsis.network.border import Crossing, Way

ID = "internet"


def run(look: Look) -> list[Proposal]:
    """Nothing clears it: that a device did not talk to the internet for a while is silence, and silence clears nothing."""
    return [_proposal(crossing, look) for crossing in border.crossings(look, Way.OUT)]


def excuses(look: Look) -> list[Excused]:
    return border.excuses(look, Way.OUT)


def _proposal(crossing: Crossing, look: Look) -> Proposal:
    device, sighting = crossing.device, crossing.sighting
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=device.key,
        title=f"{device.opening} talks {'to' if crossing.begun else 'with'} {crossing.addresses} on the internet",
        fault="Devices talk to the internet",
        harms=five(
            safety=(SAFETY_OF[device.weight], "Whoever takes it over can disturb the care it gives."),
            privacy=(2, "Patients' data can leave the hospital this way."),
            integrity=(2, "What the device measures or shows could be changed from outside."),
            service=_stopped(device.weight),
            money_and_trust=(2, "A device on the internet is a usual way in for extortion."),
        ),
        # What a device calls outside is no way in for a program that roams: someone has to hold the other side first.
        points=Points(Exploitation.NONE, Exposure.OPEN, Automatable.NO),
        action=Action(
            f"Block the internet for {device.name} at the firewall, except partners that the hospital knows and names",
            Effort.HOURS,
            (
                f"Ask {device.maker} and the ward what the traffic is for: remote service, updates, time, name lookups.",
                "What is needed goes through the hospital's own server, or to a named partner (site.toml, [[partners]]).",
                "Block the rest at the border, at a time agreed with the ward.",
            ),
            "Block the internet for these devices at the firewall, except partners that the hospital knows and names",
        ),
        why=f"{device.placed_opening} {'called' if crossing.begun else 'talked with'} {crossing.shown} and data passed."
        f"{_asked_for(crossing)}"
        f"{'' if crossing.begun else ' Of what began before the sensor listened it is not known who called.'}"
        f" {crossing.unnamed}{_through(crossing)}",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=Way.OUT.value,
        zone=device.zone,
        asset_kind=device.kind_told,
        events=sighting.events,
        patients=look.patients(device),
        assets=device.ids,
    )


def _through(crossing: Crossing) -> str:
    if not crossing.tunnel:
        return ""
    behind = ", which is the hospital's own: behind it such an address may be another site's" if crossing.veiled else ""
    return f" All of it went through {crossing.tunnel}{behind}."


def _asked_for(crossing: Crossing) -> str:
    return f" It asked for {listed(crossing.names, 3)} there." if crossing.names else ""


def _stopped(weight: ClinicalClass) -> Judged:
    if weight in (ClinicalClass.LIFE, ClinicalClass.MONITOR):
        return 3, "It could be stopped while patients need it."
    return 2, "It could be stopped or locked for ransom."


CHECK = Check(
    id=ID,
    title="Device talking to the internet",
    looks_for="Conversations in which data passed between what may touch care and a public address that is no partner of site.toml, and"
    " which that address was not seen to begin.",
    cannot_see="What a proxy inside the hospital passes on; talk that does not pass the mirrored ports; who began a conversation whose"
    " beginning was not seen.",
    streams=("conn",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.IR-01",
        "ATT&CK T1071 Application Layer Protocol",
        "RFC 1918",
        "RFC 4193",
    ),
    run=run,
    excuses=excuses,
    ends=(Remedy.NO_INTERNET,),
    of_silence=True,
)
