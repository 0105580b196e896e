"""Patients' records that travel in clear: FHIR over plain HTTP (FHIR R4 6.1.0.1 asks for TLS wherever patients' data pass)."""

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
    five,
    leaked,
    readable,
)

ID = "fhir-in-clear"
FAULT = "can read patients' records"
# "https", IANA service name registry. Any page may be behind it: see `clear.clears`.
TLS_PORTS = frozenset({443})

# What a server says of itself (`capabilities`) concerns no patient. An export is answered by where its files will be (Bulk Data 2.0.0).
QUERIES = Queries(
    talks="""
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, cast(null as varchar(1)) as client_hint,
               cast(null as varchar(1)) as server_hint, max(case when auth_scheme in ('basic', 'bearer') then 1 else 0 end) as secret,
               max(case when interaction in ('create', 'update', 'patch', 'delete', 'batch') then 1 else 0 end) as written,
               max(case when status_code between 200 and 299 and coalesce(operation, '') <> '$export' then 1 else 0 end)
                   as answered, {span}
        from fhir where coalesce(interaction, '') <> 'capabilities' group by id_orig_h, id_resp_h, id_resp_p
    """,
    # Those in the bodies. `patient` may be whom a search asked for, found or not; so may a reference, if nothing was given or taken.
    patients="""
        select distinct client, server, cast(null as varchar(1)) as client_hint, cast(null as varchar(1)) as server_hint, patient, referred
        from (
            select f.id_orig_h as client, f.id_resp_h as server, p.one as patient, 0 as referred
            from fhir as f cross join unnest(f.patients) as p(one)
            union all
            select f.id_orig_h as client, f.id_resp_h as server, p.one as patient, 1 as referred
            from fhir as f cross join unnest(f.patient_refs) as p(one)
            where f.status_code between 200 and 299 or f.interaction in ('create', 'update', 'patch', 'batch')
        ) as seen
    """,
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(flow, look) for flow in clear.flows(look, QUERIES)]


def clears(look: Look) -> list[Cleared]:
    return clear.clears(ID, look, QUERIES, TLS_PORTS)


def _proposal(flow: Flow, look: Look) -> Proposal:
    client, server, patients = flow.client, flow.server, flow.patients
    anyone = look.parties.anyone(client, server)
    key = " The key that opens the server (password or token) can be read as well." if flow.did("secret") else ""
    written = flow.did("written") or flow.did("secret")
    passed = flow.patients or flow.did("written") or flow.did("answered")
    return clear.proposal(
        ID,
        flow,
        look,
        server,
        title=f"{anyone} can read {flow.whose} records that {client.name} exchanges with {server.name}"
        if passed
        else f"{anyone} can read that {client.name} asks {server.name} for patients' records",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(2 if written else 1, "A changed record can lead to wrong care."),
            privacy=(4, "Who reads the key can fetch any record.") if flow.did("secret") else readable(patients),
            integrity=(3 if written else 2, "Records could be changed unseen."),
            service=(0, "Care goes on as before."),
            money_and_trust=leaked(patients),
        ),
        action=Action(
            f"Serve the records of {server.name} over HTTPS only, and let {client.name} use that",
            Effort.HOURS,
            (
                f"Give {server.name} a certificate and TLS 1.2 or newer; a reverse proxy in front of it will do.",
                flow.to_https,
                *(("Change the passwords and tokens that were used: they may have been read.",) if key else ()),
            ),
            "Serve these records over HTTPS only, and let the callers use that",
        ),
        why=f"{client.begins} and {server.name} exchange FHIR records without encryption ({flow.evidence})."
        f" Whoever can listen between them reads the records.{key}"
        if passed
        else f"{client.begins} asks {server.name} for FHIR records without encryption, port {flow.ports}. None was seen to pass, but they"
        f" would pass the same way.{key}",
    )


CHECK = Check(
    id=ID,
    title="FHIR in clear",
    looks_for="FHIR requests over plain HTTP, for each pair of assets, with the patients that were readable, and passwords or tokens.",
    cannot_see="Records inside TLS, which ends at a proxy and may go on in clear behind it.",
    streams=("fhir",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "HL7 FHIR R4 6.1.0.1 Communications",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
