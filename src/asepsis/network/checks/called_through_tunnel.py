"""Devices that are called through a tunnel of the hospital's own by an address that may be the internet's, or another site's."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Effort,
    Excused,
    Fault,
    HarmKind,
    Look,
    Proposal,
    five,
    posture,
)
from asepsis.network import border
from asepsis.network.border import Crossing, Way

ID = "called-through-tunnel"


def run(look: Look) -> list[Proposal]:
    """Nothing clears it: that nobody called for a while is silence, and silence clears nothing."""
    return [_proposal(crossing, look) for crossing in border.crossings(look, Way.TUNNEL)]


def excuses(look: Look) -> list[Excused]:
    return border.excuses(look, Way.TUNNEL)


def _proposal(crossing: Crossing, look: Look) -> Proposal:
    device = crossing.device
    return posture(
        ID,
        Fault(device, "", crossing.sighting),
        look,
        title=f"{device.opening} is called through a tunnel by {crossing.addresses} that nobody has named",
        many="Machines are called through tunnels by addresses that nobody has named",
        harms=five(
            safety=(SAFETY_OF[device.weight], "If it is a stranger, the care that the device gives can be disturbed."),
            privacy=(2, "If it is a stranger, patients' data can leave the hospital this way."),
            integrity=(2, "What the device measures or shows could be changed from the other end."),
            service=(2, "It could be stopped from the other end."),
            money_and_trust=(2, "A tunnel that nobody watches is a way in past the firewall."),
        ),
        # Someone has to hold what is behind the other end first.
        automatable=Automatable.NO,
        takes_over=True,
        action=Action(
            f"Find out which networks the tunnel joins, and let only those call {device.name} through it who need to",
            Effort.HOURS,
            (
                "Ask who runs the tunnel what is behind its other end; name that in site.toml ([[zones]] or [[partners]]).",
                f"Ask the ward who has to call {device.name} from there, and what for.",
                "Block the rest where the tunnel ends, at a time agreed with the ward.",
            ),
            "Find out which networks the tunnels join, and let only those call these machines through them who need to",
        ),
        why=f"{device.placed_opening} was called by {crossing.shown} through {crossing.tunnel}, and data passed. Such an address is not"
        " private, but there the hospital's own network goes on: the caller may be on the internet, or at another site.",
    )


CHECK = Check(
    id=ID,
    title="Device that is called through a tunnel",
    looks_for="Conversations in which data passed, begun by a public address that is no partner of site.toml, with what may touch care,"
    " inside a tunnel of IP in IP, GRE or PPTP whose other end is the hospital's own.",
    cannot_see="What is behind the other end; tunnels that are encrypted; tunnels in other programs' logs; who began a conversation without"
    " a beginning.",
    streams=("conn",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.IR-01",
        "ATT&CK T1572 Protocol Tunneling",
        "RFC 2784",
        "RFC 2003",
    ),
    run=run,
    excuses=excuses,
    of_silence=True,
)
