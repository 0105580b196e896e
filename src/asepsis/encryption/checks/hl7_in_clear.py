"""Orders, results and admissions that travel in clear: HL7 v2 over MLLP outside TLS (IHE ITI TF-2 3.19 asks for TLS)."""

from __future__ import annotations

from asepsis.encryption import clear
from asepsis.encryption.clear import Flow, Queries
from asepsis.findings.service import (
    Action,
    Check,
    Cleared,
    Effort,
    HarmKind,
    Look,
    Proposal,
    Remedy,
    counted,
    five,
    leaked,
    readable,
)

ID = "hl7-in-clear"
FAULT = "can read messages about patients"
# MLLP keeps no port for TLS: only the port that was clear can turn encrypted.
TLS_PORTS: frozenset[int] = frozenset()

# What the messages tell, by their types (HL7 2.9 0354); of the sorts the first that passed gives the harm to patients its reason.
_OF = {
    "orders": frozenset({"ORM", "OMG", "OML", "OMI", "OMP", "OMD", "OMS", "OMN", "RDE", "RDS", "RGV", "RAS", "ORR", "ORG", "ORL", "ORI"}),
    "results": frozenset({"ORU", "OUL", "ORF"}),
    "admissions": frozenset({"ADT"}),
}
# Whose results are what a patient's body does now (IHE PCD-01).
_BEDSIDE = frozenset({"patient monitor", "central station", "ventilator", "anaesthesia", "ECG"})
_READ = {"orders": "orders", "vital signs": "vital signs", "results": "results", "admissions": "who is where"}
_WRONG = {
    "orders": "A changed order can lead to wrong care.",
    "vital signs": "Changed vital signs can lead to wrong care.",
    "results": "A changed result can lead to wrong care.",
    "admissions": "A patient under a wrong name or in a wrong bed can get the wrong care.",
}

QUERIES = Queries(
    talks="""
        select client, server, port, client_hint, server_hint, message_type, {span} from (
            select id_orig_h as client, id_resp_h as server, id_resp_p as port, message_type, ts, event_id,
                   coalesce(sending_application, '') || '|' || coalesce(sending_facility, '') as client_hint,
                   coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '') as server_hint
            from hl7 where not coalesce(is_ack, false)
        ) as seen group by client, server, port, client_hint, server_hint, message_type
    """,
    # What answers a query travels the other way. A message may name several patients; rows of an older version tell only the first.
    patients="""
        select distinct id_orig_h as client, id_resp_h as server, patient,
               case when is_ack then coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '')
                    else coalesce(sending_application, '') || '|' || coalesce(sending_facility, '') end as client_hint,
               case when is_ack then coalesce(sending_application, '') || '|' || coalesce(sending_facility, '')
                    else coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '') end as server_hint
        from (
            select id_orig_h, id_resp_h, is_ack, sending_application, sending_facility, receiving_application, receiving_facility, patient
            from hl7 where patient is not null
            union all
            select h.id_orig_h, h.id_resp_h, h.is_ack, h.sending_application, h.sending_facility, h.receiving_application,
                   h.receiving_facility, p.one as patient
            from hl7 as h cross join unnest(h.patients) as p(one)
        ) as named
    """,
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(flow, look) for flow in clear.flows(look, QUERIES)]


def clears(look: Look) -> list[Cleared]:
    return clear.clears(ID, look, QUERIES, TLS_PORTS)


def _proposal(flow: Flow, look: Look) -> Proposal:
    client, server, patients = flow.client, flow.server, flow.patients
    anyone = look.parties.anyone(client, server)
    sorts = _sorts(flow)
    about = f"messages about {counted(patients, 'patient')}" if patients else "messages about patients"
    return clear.proposal(
        ID,
        flow,
        look,
        client,
        title=f"{anyone} can read {about} sent from {client.name} to {server.name}",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(2, _WRONG[sorts[0]] if sorts else "A changed message can lead to wrong care."),
            privacy=readable(patients),
            integrity=(3, f"{_and(sorts).capitalize() or 'Messages'} could be changed or made up unseen."),
            service=(1, "False messages could mislead those who get them."),
            money_and_trust=leaked(patients),
        ),
        action=Action(
            f"Switch on encryption (TLS) for messages from {client.name} to {server.name};"
            f" until then let only these two use port {flow.ports}",
            Effort.DAYS,
            (
                f"Ask {flow.maker} to switch the interface to MLLP over TLS with certificates on both sides (IHE ITI-19).",
                "Where one side cannot, put a TLS proxy in front of it, on the same machine or the same switch.",
                f"Until then a firewall rule: only {client.address} reaches {server.address} at port {flow.ports}.",
            ),
            "Switch on encryption (TLS) for these messages; until then let only sender and receiver use the ports",
        ),
        why=f"{client.begins} sends HL7 messages ({', '.join(flow.sighting.values('message_type')) or 'of unknown type'}) to {server.name}"
        f" without encryption ({flow.evidence}). Whoever can listen between them reads {_readable(sorts)}; nothing shows the receiver that"
        " a message was changed.",
    )


def _sorts(flow: Flow) -> list[str]:
    types = set(flow.sighting.values("message_type"))
    found = {sort for sort, of in _OF.items() if types & of}
    if "results" in found and flow.client.kind in _BEDSIDE:
        found = found - {"results"} | {"vital signs"}
    return [sort for sort in _READ if sort in found]


def _readable(sorts: list[str]) -> str:
    return _and(["names", "numbers", *([_READ[sort] for sort in sorts] or ["what else they say"])])


def _and(words: list[str]) -> str:
    """`orders, results and admissions`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


CHECK = Check(
    id=ID,
    title="HL7 in clear",
    looks_for="HL7 v2 messages that the sensor could read, for each pair of assets, with the patients that were readable.",
    cannot_see="Messages inside TLS, in files, or through an interface engine on the same machine.",
    streams=("hl7",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "IHE ITI TF-2 3.19 (ITI-19)",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
        "ATT&CK T1565.002 Transmitted Data Manipulation",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
