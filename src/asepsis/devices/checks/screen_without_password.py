"""Screens that can be worked from afar without a password: VNC with security type None (RFC 6143 7.2.1)."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Exploitation,
    Fault,
    HarmKind,
    Look,
    Proposal,
    cleared,
    faults,
    five,
    large,
    named,
    posture,
)  # fmt: skip

ID = "screen-without-password"
FAULT = "Anyone can watch and work screens from afar"

_TALKS = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, {{span}} from rfb
    where {which} group by id_resp_h, id_resp_p, id_orig_h
"""
_OPEN = _TALKS.format(which="lower(authentication_method) = 'none'")
_OFFERED = _TALKS.format(which="authentication_method is null and list_contains(security_types, 'none')")
_LOCKED = _TALKS.format(which="authentication_method is not null and lower(authentication_method) <> 'none'")


def run(look: Look) -> list[Proposal]:
    rows = [*look.rows(_OPEN), *look.rows(_OFFERED)]
    return [_proposal(fault, look) for fault in faults(look, rows)]


def clears(look: Look) -> list[Cleared]:
    bad = [*look.rows(_OPEN), *look.rows(_OFFERED)]
    return cleared(ID, look, bad, _LOCKED, "It has asked for a password since.")


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    anyone, grave = look.parties.anyone(server, *clients), SAFETY_OF[server.weight]
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can watch and work the screen of {server.name}: no password is asked for",
        many=f"{anyone} can watch and work screens: no password is asked for",
        why=f"{large(server.on(fault.part))} let {named(clients)} see and work its screen by VNC without a password.",
        harms=five(
            safety=(grave, "Whoever works the screen works the device."),
            privacy=(3, "The screen can be read, with patients' names."),
            integrity=(max(2, grave), "Values and settings can be changed at the screen."),
            service=(max(2, grave), "The device can be stopped at the screen."),
            money_and_trust=(2, "Open screens are found by searching the network."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        automatable=Automatable.YES,
        peers=clients,
        takes_over=True,
        action=Action(
            f"Set a password for the remote screen of {server.name}, or switch it off",
            Effort.HOURS,
            (
                f"Ask {server.maker} whether its service needs it and how a password is set.",
                f"Until then allow port {fault.part} only from the one computer that needs it.",
                "A password of VNC alone is short and travels readable after it: use it inside a tunnel.",
            ),
            "Set passwords for their remote screens, or switch these off",
        ),
    )


CHECK = Check(
    id=ID,
    title="VNC without a password",
    looks_for="VNC sessions for which no password was asked, and servers that offer that.",
    cannot_see="Screens that nobody opened while the sensor listened; passwords that are easy to guess.",
    streams=("rfb",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST CSF 2.0 PR.AA-03",
        "RFC 6143 7.2.1",
        "CWE-306 Missing Authentication for Critical Function",
        "ATT&CK T1021.005 VNC",
    ),
    run=run,
    clears=clears,
)
