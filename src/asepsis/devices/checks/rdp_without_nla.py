"""Remote desktops that show their login screen to anyone: RDP without Network Level Authentication (MS-RDPBCGR 5.4.2, 5.4.5)."""

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

ID = "rdp-without-nla"
FAULT = "Machines agree to show their desktops before anyone logs in"

_WITHOUT = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, security_protocol, {span} from rdp
    where security_protocol is not null and not coalesce(nla, false) group by id_resp_h, id_resp_p, id_orig_h, security_protocol
"""
_REFUSED = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, null as security_protocol, {span} from rdp
    where upper(result) like '%HYBRID_REQUIRED%' group by id_resp_h, id_resp_p, id_orig_h
"""


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _WITHOUT)]


def clears(look: Look) -> list[Cleared]:
    """A server that turned a caller down for it does so to all. A caller that logs in first may have offered to: that shows nothing."""
    return cleared(ID, look, _WITHOUT, _REFUSED, "It has turned down a caller who would not log in first since.")


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    readable = "rdp" in fault.sighting.values("security_protocol")
    more = " What passes is protected by a way of 1999 that can be broken." if readable else ""
    return posture(
        ID,
        fault,
        look,
        title=f"{server.opening} agrees to show its desktop before anyone logs in",
        many=FAULT,
        why=f"{large(server.on(fault.part))} agreed with {named(clients)} on a remote desktop that asks for no"
        f" login before it is shown.{more}",
        harms=five(
            safety=(SAFETY_OF[server.weight], "Whoever breaks in can do what its user can."),
            privacy=(2, "Who breaks in this way reads what the machine holds."),
            integrity=(2, "Who breaks in this way changes what the machine holds."),
            service=(3, "Ransom gangs come in this way and lock files."),
            money_and_trust=(2, "Recovery takes days to weeks."),
        ),
        # CISA KEV, CVE-2019-0708: it needs a desktop that is reached before the login.
        exploitation=Exploitation.ACTIVE,
        automatable=Automatable.YES,
        peers=clients,
        takes_over=True,
        action=Action(
            f"Switch on 'Network Level Authentication' on {server.name}, and let only those reach it who need it",
            Effort.HOURS,
            (
                "Windows: System Properties, Remote, 'Allow connections only from computers running ... Network Level Authentication'.",
                f"On a device ask {server.maker} first: its remote service may use an old client.",
                f"Allow port {fault.part} only from the jump host.",
            ),
            "Switch on 'Network Level Authentication' on them, and let only those reach them who need it",
        ),
    )


CHECK = Check(
    id=ID,
    title="RDP without Network Level Authentication",
    looks_for="Remote desktop sessions agreed without CredSSP: plain RDP security, or TLS alone.",
    cannot_see="Desktops that nobody opened while the sensor listened; whether a server that agreed to NLA also takes callers"
    " without; whether a desktop was shown once both had agreed.",
    streams=("rdp",),
    harms=(HarmKind.SERVICE, HarmKind.SAFETY, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST CSF 2.0 PR.AA-03",
        "MS-RDPBCGR 5.4.5",
        "CISA KEV CVE-2019-0708",
        "ATT&CK T1021.001 Remote Desktop Protocol",
    ),
    run=run,
    clears=clears,
)
