"""Devices that ask a name server outside the hospital (RFC 1034 5.3: a resolver is told whom to ask), plain or over TLS (RFC 7858)."""

from __future__ import annotations

from asepsis.findings.service import Action, Check, Effort, Excused, Fault, HarmKind, Look, Proposal, Remedy, Scope, five, large, posture
from asepsis.network import outside
from asepsis.network.outside import Outside

ID = "resolver-outside"

SERVICE = Outside(
    uses="""
        select client, server, {span} from (
            select id_orig_h as client, id_resp_h as server, ts, event_id from dns where flavor = 'dns' and rcode is not null
            union all
            select id_orig_h as client, id_resp_h as server, ts, event_id
            from pairs where id_resp_p = 853 and service = 'ssl' and resp_bytes > 0
        ) as seen group by client, server
    """,
    serves="select distinct id_resp_h as server from dns where flavor = 'dns' and rcode is not null",
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in outside.users(look, SERVICE)]


def excuses(look: Look) -> list[Excused]:
    return outside.excuses(look, SERVICE)


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a device that asks the hospital's server may go on to ask the other."""
    device, servers, clients = fault.party, fault.parties(look, "server"), fault.sighting.values("client")
    return posture(
        ID,
        fault,
        look,
        title=f"{device.opening} asks a name server on the internet where to find other machines",
        many="Devices ask a name server on the internet where to find other machines",
        harms=five(
            safety=(1, "A false answer can send the device to the wrong machine."),
            privacy=(1, "Whoever runs that server learns what the device is and whom it talks to."),
            integrity=(1, "A false answer can send what the device measures to the wrong machine."),
            service=(2, "If the internet is cut, it may find nothing."),
            money_and_trust=(1, "The hospital's own protection of name lookups is passed by."),
        ),
        peers=servers,
        action=Action(
            f"Let {device.name} ask the hospital's own name server, and block name lookups to the internet for it",
            Effort.HOURS,
            (
                f"Look in its network settings, or in what DHCP gives it, for {fault.listed('server', 3)}.",
                f"If {device.maker} needs that server for remote service, name it in site.toml ([[partners]]).",
                "Then let only the hospital's name servers ask outside (port 53 and 853).",
            ),
            "Let these devices ask the hospital's own name server, and block name lookups to the internet for them",
        ),
        why=f"{large(device.seen_at(clients))} asked {fault.listed('server', 3)} and was answered. It is no partner that the"
        " hospital has named.",
    )


CHECK = Check(
    id=ID,
    title="Name server outside the hospital",
    looks_for="Answered DNS questions, and DNS over TLS, of what may touch care to a public address that is no partner of site.toml.",
    cannot_see="DNS over HTTPS, which looks like any web traffic; what the hospital's own name server asks further out.",
    streams=("dns", "conn"),
    harms=(HarmKind.SERVICE, HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.IR-01",
        "NIST SP 800-81r3 4.2.2",
        "RFC 7858",
        "ATT&CK T1071.004 DNS",
    ),
    run=run,
    excuses=excuses,
    ends=(Remedy.NO_INTERNET,),
    scope=Scope("name look-ups", "select count(*) as number from dns where flavor = 'dns' having count(*) > 0"),
)
