"""Scans that travel in clear over the web: DICOMweb on plain HTTP (DICOM PS3.18; PS3.15 Annex B has the profiles of TLS)."""

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
    counted,
    five,
    leaked,
    readable,
)

ID = "dicomweb-in-clear"
FAULT = "can read patients' scans on the web"
# "https", IANA service name registry. Any page may be behind it: see `clear.clears`.
TLS_PORTS = frozenset({443})

QUERIES = Queries(
    talks="""
        select client, server, port, client_hint, server_hint, max(secret) as secret, max(stored) as stored, {span} from (
            select id_orig_h as client, id_resp_h as server, id_resp_p as port, cast(null as varchar(1)) as client_hint,
                   cast(null as varchar(1)) as server_hint, case when auth_scheme in ('basic', 'bearer') then 1 else 0 end as secret,
                   case when service in ('stow', 'delete') then 1 else 0 end as stored, ts, event_id
            from dicomweb where status_code is null or status_code between 200 and 299
        ) as seen group by client, server, port, client_hint, server_hint
    """,
    patients="""
        select distinct id_orig_h as client, id_resp_h as server, cast(null as varchar(1)) as client_hint,
               cast(null as varchar(1)) as server_hint, patient
        from dicomweb where patient is not null
    """,
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(flow, look) for flow in clear.flows(look, QUERIES)]


def clears(look: Look) -> list[Cleared]:
    return clear.clears(ID, look, QUERIES, TLS_PORTS)


def _proposal(flow: Flow, look: Look) -> Proposal:
    client, server = flow.client, flow.server
    anyone = look.parties.anyone(client, server)
    secret, stored = flow.did("secret"), flow.did("stored")
    key = " The key that opens the server (password or token) can be read as well." if secret else ""
    return clear.proposal(
        ID,
        flow,
        look,
        server,
        title=f"{anyone} can read {flow.whose} scans that {client.name} {'stores on' if stored else 'fetches from'} {server.name}",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(min(2, SAFETY_OF[flow.weight]), "A changed scan can lead to wrong care."),
            privacy=(4, "Who reads the key can fetch any scan.") if secret else readable(flow.patients),
            integrity=(3 if secret else 2, "Scans could be changed unseen."),
            service=(0, "Care goes on as before."),
            money_and_trust=leaked(flow.patients),
        ),
        action=Action(
            f"Serve the scans of {server.name} over HTTPS only, and let {client.name} use that",
            Effort.HOURS,
            (
                f"Give {server.name} a certificate and TLS 1.2 or newer; a reverse proxy in front of it will do.",
                flow.to_https,
                *(("Change the passwords and tokens that were used: they may have been read.",) if secret else ()),
            ),
            "Serve these scans over HTTPS only, and let the callers use that",
        ),
        why=f"{client.begins} and {server.name} exchange DICOMweb messages without encryption"
        f" ({counted(flow.patients, 'patient')} named in what was searched for, port {flow.ports}). Whoever can listen between them reads"
        f" lists and scans.{key}",
    )


CHECK = Check(
    id=ID,
    title="DICOMweb in clear",
    looks_for="Searches, retrieves and stores of DICOMweb over plain HTTP, for each pair of assets, with passwords or tokens.",
    cannot_see="What is inside TLS, which ends at a proxy and may go on in clear behind it; patients inside the scans themselves.",
    streams=("dicomweb",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "DICOM PS3.18",
        "DICOM PS3.15 Annex B",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
