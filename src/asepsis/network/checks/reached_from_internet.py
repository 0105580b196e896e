"""Devices that the internet calls, beyond the partners of site.toml: whoever calls them there can try to get in."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    ClinicalClass,
    Effort,
    Excused,
    Fault,
    HarmKind,
    Judged,
    Look,
    Proposal,
    Remedy,
    five,
    posture,
)
from asepsis.network import border
from asepsis.network.border import Crossing, Way

ID = "reached-from-internet"


def run(look: Look) -> list[Proposal]:
    """Nothing clears it: that nobody called for a while is silence, and silence clears nothing."""
    return [_proposal(crossing, look) for crossing in border.crossings(look, Way.IN)]


def excuses(look: Look) -> list[Excused]:
    return border.excuses(look, Way.IN)


def _proposal(crossing: Crossing, look: Look) -> Proposal:
    device, sighting = crossing.device, crossing.sighting
    return posture(
        ID,
        Fault(device, "", sighting),
        look,
        title=f"{device.opening} can be reached from the internet",
        many="Devices can be reached from the internet",
        harms=five(
            safety=(SAFETY_OF[device.weight], "Whoever takes it over can disturb the care it gives."),
            privacy=(3, "Patients' data can leave the hospital this way."),
            integrity=(2, "What the device measures or shows could be changed from outside."),
            service=_stopped(device.weight),
            money_and_trust=(2, "A device on the internet is a usual way in for extortion."),
        ),
        automatable=Automatable.YES,
        peers=map(look.at, sighting.values("partner")),
        takes_over=True,
        action=Action(
            f"Block the internet for {device.name} at the firewall, except partners that the hospital knows and names",
            Effort.HOURS,
            (
                f"Ask {device.maker} and the ward who calls it from outside, and what for: most often it is remote service.",
                "Who has to gets a way through the hospital's own server, or is a named partner (site.toml, [[partners]]).",
                "Block the rest at the border, at a time agreed with the ward.",
            ),
            "Block the internet for these devices at the firewall, except partners that the hospital knows and names",
        ),
        why=f"{device.placed_opening} {_how(crossing)} and data passed. {crossing.unnamed}"
        f"{f' All of it came through {crossing.tunnel}.' if crossing.tunnel else ''}",
    )


def _how(crossing: Crossing) -> str:
    """Without a beginning it is the port that tells who called: several machines use it."""
    if crossing.begun:
        return f"was called by {crossing.shown}"
    return f"serves {crossing.shown}, a port that several machines use,"


def _stopped(weight: ClinicalClass) -> Judged:
    if weight in (ClinicalClass.LIFE, ClinicalClass.MONITOR):
        return 4, "Anyone can try to stop what patients need."
    return 2, "It could be stopped or locked for ransom."


CHECK = Check(
    id=ID,
    title="Device that the internet calls",
    looks_for="Conversations in which data passed, begun by a public address that is no partner of site.toml, with what may touch care;"
    " without a beginning, those at a port of it that several machines use.",
    cannot_see="Ways in that nobody took; what a proxy or a gateway at the border passes on; who began a conversation without a beginning;"
    " that a call came through a tunnel of ours, in other programs' logs.",
    streams=("conn",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.IR-01",
        "ATT&CK T1133 External Remote Services",
        "RFC 1918",
        "RFC 4193",
    ),
    run=run,
    excuses=excuses,
    ends=(Remedy.NO_INTERNET,),
    of_silence=True,
)
