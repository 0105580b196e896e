"""Scans and worklists that travel in clear: DICOM outside TLS (PS3.15 Annex B, secure transport connection profiles)."""

from __future__ import annotations

from asepsis.encryption import clear
from asepsis.encryption.clear import Flow, Queries
from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Cleared,
    Effort,
    HarmKind,
    Look,
    Proposal,
    Remedy,
    five,
    leaked,
    readable,
)

ID = "dicom-in-clear"
FAULT = "can read patients' scans"
# "dicom-tls", IANA service name registry.
TLS_PORTS = frozenset({2762})

# Who asks whether the other is there (C-ECHO, PS3.7 9.1.5), or says nothing at all, tells nothing of a patient.
QUERIES = Queries(
    talks="""
        select client, server, port, client_hint, server_hint, max(stored) as stored, max(asked) as asked, max(ordered) as ordered, {span}
        from (
            select a.id_orig_h as client, a.id_resp_h as server, a.id_resp_p as port, a.calling_ae as client_hint,
                   a.called_ae as server_hint, 0 as stored, 0 as asked, 0 as ordered, a.ts, a.event_id
            from dicom_association as a left join (
                select uid, max(case when command in ('C-ECHO-RQ', 'C-ECHO-RSP') then 0 else 1 end) as told from dicom_message group by uid
            ) as m on m.uid = a.uid
            where (a.result in ('accepted', 'released') and coalesce(a.dimse_messages, 1) > 0 or a.dimse_messages > 0)
                  and coalesce(m.told, 1) = 1
            union all
            select id_orig_h as client, id_resp_h as server, id_resp_p as port, calling_ae as client_hint, called_ae as server_hint,
                   case when command = 'C-STORE-RQ' then 1 else 0 end as stored,
                   case when command in ('C-FIND-RQ', 'C-GET-RQ') then 1 else 0 end as asked,
                   case when command = 'C-MOVE-RQ' then 1 else 0 end as ordered, ts, event_id
            from dicom_message where coalesce(command, '') not in ('C-ECHO-RQ', 'C-ECHO-RSP')
        ) as seen group by client, server, port, client_hint, server_hint
    """,
    patients="""
        select distinct id_orig_h as client, id_resp_h as server, calling_ae as client_hint, called_ae as server_hint, patient
        from dicom_message where patient is not null
    """,
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(flow, look) for flow in clear.flows(look, QUERIES)]


def clears(look: Look) -> list[Cleared]:
    return clear.clears(ID, look, QUERIES, TLS_PORTS)


def _proposal(flow: Flow, look: Look) -> Proposal:
    client, server = flow.client, flow.server
    anyone = look.parties.anyone(client, server)
    return clear.proposal(
        ID,
        flow,
        look,
        client,
        title=f"{anyone} can read {_what(flow)}",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(min(2, SAFETY_OF[flow.weight]), "A changed scan can lead to wrong care."),
            privacy=readable(flow.patients),
            integrity=(2, "Scans could be changed or swapped unseen."),
            service=(0, "Care goes on as before."),
            money_and_trust=leaked(flow.patients),
        ),
        action=Action(
            f"Switch on encryption (DICOM TLS) between {client.name} and {server.name}; until then keep both in a zone of their own",
            Effort.DAYS,
            (
                f"Ask {flow.maker} which release speaks DICOM TLS (PS3.15 Annex B) and what it needs.",
                f"Give both certificates of the hospital's own authority and move port {flow.ports} to TLS (usual port 2762).",
                "Until then let nothing else reach them: a zone of their own, or firewall rules for the pair.",
            ),
            "Switch on encryption (DICOM TLS) for these connections; until then keep them in a zone of their own",
        ),
        why=f"{client.begins} and {server.name} talk DICOM without encryption"
        f" ({flow.evidence}). Whoever can listen anywhere between them {_readable(flow)}.",
    )


def _what(flow: Flow) -> str:
    client, server = flow.client.name, flow.server.name
    if flow.did("stored"):
        return f"{flow.whose} scans sent from {client} to {server}"
    if flow.did("asked"):
        return f"{flow.whose} records that {client} looks up in {server}"
    if flow.did("ordered"):
        return f"requests of {client} to fetch {flow.whose} scans from {server}"
    return f"what {client} and {server} tell each other about scans"


def _readable(flow: Flow) -> str:
    if flow.did("stored"):
        return "reads names, numbers and images, and could change them"
    if flow.did("asked"):
        return f"{'reads' if flow.patients else 'would read'} names and numbers, and could change them"
    return "reads which scans go where, and could change that" if flow.did("ordered") else "reads what they say, and could change it"


CHECK = Check(
    id=ID,
    title="DICOM in clear",
    looks_for="DICOM associations and messages that the sensor could read, for each pair of assets, with the patients that were readable;"
    " not those that only ask whether the other is there (C-ECHO).",
    cannot_see="Associations that began before the sensor listened; what TLS at the same time hides.",
    streams=(
        "dicom_association",
        "dicom_message",
    ),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "DICOM PS3.15 Annex B",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
        "ATT&CK T1557 Adversary-in-the-Middle",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
