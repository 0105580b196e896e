"""Devices at the bed that talk in clear: SDC over plain HTTP (ISO/IEEE 11073-20701 asks for TLS with certificates on both sides).

That a device announces itself (WS-Discovery) or describes itself is no fault: that is meant to be read by all.
"""

from __future__ import annotations

from asepsis.encryption import clear
from asepsis.encryption.clear import Flow, Queries
from asepsis.findings.service import SAFETY_OF, Action, Check, Cleared, Effort, HarmKind, Look, Proposal, Remedy, five, leaked, readable

ID = "sdc-in-clear"
FAULT = "can read or change what devices at the bed tell each other"
# SDC keeps no port: only the port that was clear can turn encrypted.
TLS_PORTS: frozenset[int] = frozenset()

QUERIES = Queries(
    talks="""
        select client, server, port, client_hint, server_hint, max(controls) as controls, {span} from (
            select id_orig_h as client, id_resp_h as server, id_resp_p as port, cast(null as varchar(1)) as client_hint,
                   cast(null as varchar(1)) as server_hint, case when service = 'SetService' then 1 else 0 end as controls, ts, event_id
            from sdc
            where transport = 'http' and coalesce(status_code, 200) < 400
                  and service not in ('discovery', 'transfer', 'metadata', 'eventing', 'fault')
        ) as seen group by client, server, port, client_hint, server_hint
    """,
    patients="""
        select distinct id_orig_h as client, id_resp_h as server, cast(null as varchar(1)) as client_hint,
               cast(null as varchar(1)) as server_hint, patient
        from sdc where transport = 'http' and patient is not null
    """,
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(flow, look) for flow in clear.flows(look, QUERIES)]


def clears(look: Look) -> list[Cleared]:
    return clear.clears(ID, look, QUERIES, TLS_PORTS)


def _proposal(flow: Flow, look: Look) -> Proposal:
    client, server = flow.client, flow.server
    anyone = look.parties.anyone(client, server)
    controls = flow.did("controls")
    grave = SAFETY_OF[flow.weight]
    return clear.proposal(
        ID,
        flow,
        look,
        server,
        title=f"{anyone} can {'read and change' if controls else 'read'} what {client.name} and {server.name} tell each other at the bed",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(max(2, grave) if controls else 2, "A changed setting or value can hurt a patient."),
            privacy=readable(flow.patients),
            integrity=(3, "Values and alarms could be changed unseen."),
            service=(2, "An alarm that was held back is not heard."),
            money_and_trust=leaked(flow.patients),
        ),
        action=Action(
            f"Switch on encryption with certificates between {client.name} and {server.name}: the standard asks for it",
            Effort.DAYS,
            (
                f"Ask {server.maker} how certificates are put on the device, and who signs them.",
                "A test or service mode without encryption is a usual cause: ask whether one was left on.",
                "Until it is on, let only these devices into their part of the network.",
            ),
            "Switch on encryption with certificates between these devices: the standard asks for it",
        ),
        why=f"{client.begins} and {server.name} exchange SDC messages over plain HTTP ({flow.evidence})"
        f"{', and settings are made this way' if controls else ''}. Whoever can listen between them reads values"
        " and alarms; the standard asks for TLS on both sides.",
    )


CHECK = Check(
    id=ID,
    title="SDC in clear",
    looks_for="SDC reports, states and settings (BICEPS services) over plain HTTP, for each pair of assets; not discovery or descriptions.",
    cannot_see="Messages inside TLS, and whether both sides check certificates there.",
    streams=("sdc",),
    harms=(HarmKind.SAFETY, HarmKind.INTEGRITY, HarmKind.PRIVACY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "ISO/IEEE 11073-20701",
        "ATT&CK T0830 Adversary-in-the-Middle",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
