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
    Party,
    Proposal,
    Remedy,
    five,
    listed,
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
    device, sighting, tunnels = crossing.device, crossing.sighting, crossing.tunnels
    return posture(
        ID,
        Fault(device, "", sighting),
        look,
        title=f"{device.opening} {'may' if tunnels else 'can'} be reached from the internet{' through a tunnel' if tunnels else ''}",
        many="A tunnel may let the internet in" if tunnels else "Devices can be reached from the internet",
        harms=five(
            safety=(SAFETY_OF[device.weight], "Whoever takes it over can disturb the care it gives."),
            privacy=(3, "Patients' data can leave the hospital this way."),
            integrity=(2, "What the device measures or shows could be changed from outside."),
            service=_stopped(device.weight),
            money_and_trust=(2, "A device on the internet is a usual way in for extortion."),
        ),
        automatable=Automatable.NO if tunnels else Automatable.YES,
        peers=() if tunnels else map(look.at, sighting.values("partner")),
        takes_over=True,
        action=_fence_the_tunnel(device) if tunnels else _block(device),
        why=f"{device.placed_opening} {_how(crossing)} and data passed. {crossing.unnamed}{_joined(tunnels)}",
    )


def _block(device: Party) -> Action:
    return Action(
        f"Block the internet for {device.name} at the firewall, except partners that the hospital knows and names",
        Effort.HOURS,
        (
            f"Ask {device.maker} and the ward who calls it from outside, and what for: most often it is remote service.",
            "Who has to gets a way through the hospital's own server, or is a named partner (site.toml, [[partners]]).",
            "Block the rest at the border, at a time agreed with the ward.",
        ),
        "Block the internet for these devices at the firewall, except partners that the hospital knows and names",
    )


def _fence_the_tunnel(device: Party) -> Action:
    return Action(
        f"Find out which networks the tunnel joins, and let only those call {device.name} through it who need to",
        Effort.HOURS,
        (
            "Ask who runs the tunnel which addresses are at its other end; name them in site.toml ([[zones]] or [[partners]]).",
            f"Ask the ward who has to call {device.name} through it, and what for.",
            "Block the rest where the tunnel ends, at a time agreed with the ward.",
        ),
        "Find out which networks the tunnels join, and let only those call these devices through them who need to",
    )


def _how(crossing: Crossing) -> str:
    """Without a beginning it is the port that tells who called: several machines use it."""
    if crossing.begun:
        return f"was called by {crossing.shown}"
    return f"serves {crossing.shown}, a port that several machines use,"


def _joined(tunnels: list[str]) -> str:
    through = f" It came through a tunnel ({listed(tunnels)}): whether such an address is the internet's or another site's is not seen."
    return through if tunnels else ""


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
    " whose an address is that calls through a tunnel.",
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
