"""Calls by voice and video that are set up in clear: SIP outside TLS (RFC 3261 26.2.1), over the internet or from a clinical machine.

Who listens reads who calls whom, and the keys of the voice where these travel in the same messages (RFC 4568 7). In a browser it is another
matter: what WebRTC carries is encrypted by design (RFC 8827 6.5).
"""

from __future__ import annotations

from asepsis.findings.service import (
    Action,
    Check,
    ClinicalClass,
    Effort,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Remedy,
    Row,
    Scope,
    faults,
    five,
    named,
    nothing,
    posture,
)

ID = "calls-in-clear"
FAULT = "Calls can be listened to: they are set up without encryption"
# Of a phone nobody knows who speaks; of a machine that treats, watches or holds records it may well be about a patient.
_OF_CARE = frozenset({ClinicalClass.LIFE, ClinicalClass.MONITOR, ClinicalClass.SUPPORT})

# Content tells SIP in datagrams; in a stream it is told by the port kept for it without TLS.
_SET_UP = """
    select client, server, port, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id
        from pairs
        where orig_bytes > 0 and resp_bytes > 0 and (service = 'sip' or (proto = 'tcp' and service is null and id_resp_p = 5060))
    ) as seen group by client, server, port
"""


def run(look: Look) -> list[Proposal]:
    """Nothing clears it: a call that is set up encrypted does not show that the old way is off."""
    rows = [found for row in look.rows(_SET_UP) if (found := _counted(row, look))]
    return [_proposal(fault, look) for fault in faults(look, rows, who="machine", part=nothing)]


def _counted(row: Row, look: Look) -> Row | None:
    """The row by the machine of ours, if the other side is outside or the caller is one of care."""
    for machine, peer in (("client", "server"), ("server", "client")):
        crosses = look.parties.outside(row[peer]) and look.locator.machine(row[machine])
        if crosses or (machine == "client" and look.at(row["client"]).clinical_class in _OF_CARE):
            return row | {"machine": row[machine], "peer": row[peer]}
    return None


def _proposal(fault: Fault, look: Look) -> Proposal:
    party, peers = fault.party, fault.parties(look, "peer")
    outside = [peer for peer in peers if look.parties.outside(peer.address)]
    return posture(
        ID,
        fault,
        look,
        title=f"Calls of {party.name} can be listened to: they are set up without encryption",
        many=FAULT,
        harms=five(
            safety=(0, "Care goes on as before."),
            privacy=(3, "Talks with patients or about them can be overheard."),
            integrity=(1, "A call can be put through to somebody else unseen."),
            service=(1, "False messages can end calls or keep them from coming."),
            money_and_trust=(
                2,
                "Who takes the line over can call at the hospital's cost; a call about a patient that gets out costs trust.",
            ),
        ),
        peers=peers,
        others=[peer for peer in peers if peer not in outside],
        action=Action(
            f"Set the calls of {party.name} up encrypted (SIP over TLS), with encrypted voice (SRTP)",
            Effort.DAYS,
            (
                f"Ask {_whom(outside, party)} for SIP over TLS (port 5061) and SRTP, and switch the old way off on both sides.",
                "Where one side cannot, let the calls pass through a tunnel (VPN) or a gateway at the border that can.",
                "Until then speak of patients by other ways: a video visit in a browser is encrypted.",
            ),
            "Set these calls up encrypted (SIP over TLS), with encrypted voice (SRTP)",
        ),
        why=f"{party.placed_opening} sets up calls with {named(peers)} by SIP without encryption (port {fault.listed('port')})."
        f"{f' This crosses the internet ({named(outside)}).' if outside else ''} Whoever can listen reads who calls whom, and most often"
        " can listen to the call as well. What the calls are about cannot be told.",
    )


def _whom(outside: list[Party], party: Party) -> str:
    return f"the provider at {outside[0].address}" if outside else party.maker


CHECK = Check(
    id=ID,
    title="Calls set up in clear",
    looks_for="SIP in datagrams, or in a stream to port 5060, in which both sides spoke outside TLS: between the hospital and the internet,"
    " or from a machine that treats, watches or serves care.",
    cannot_see="Calls that are set up inside TLS or by other means, in a browser too (WebRTC encrypts voice and video by design); voice of"
    " which no SIP was heard; whether the voice itself is encrypted (SRTP); that a call is about a patient.",
    streams=("conn",),
    harms=(HarmKind.PRIVACY, HarmKind.MONEY_AND_TRUST, HarmKind.INTEGRITY),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "NIST SP 800-58",
        "RFC 3261 26.2.1",
        "RFC 8827 6.5",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
        "CWE-319",
    ),
    run=run,
    ends=(Remedy.ENCRYPTED,),
    scope=Scope("calls", "select count(*) as number from conn where service = 'sip' having count(*) > 0"),
)
