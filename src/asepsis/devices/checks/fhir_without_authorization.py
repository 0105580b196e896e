"""Patients' records handed out without a login: FHIR reads, searches and exports answered although no Authorization came (FHIR R4 6.1.0.2).

What a server says of itself and what vocabularies it has is meant for all (R4 http.html 3.1.0.9 capabilities; terminology resources).
"""

from __future__ import annotations

from asepsis.findings.service import (
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Fault,
    HarmKind,
    Look,
    Proposal,
    cleared,
    counted,
    faults,
    five,
    leaked,
    named,
    posture,
)

ID = "fhir-without-authorization"

_ASKED = """
    select client, server, port, {{span}}, max(written) as written, max(exported) as exported, max(everything) as everything
    from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id,
               case when interaction in ('create', 'update', 'patch', 'delete', 'batch') then 1 else 0 end as written,
               case when operation = '$export' then 1 else 0 end as exported,
               case when operation = '$export' and level = 'system' and not coalesce(list_contains(search_params, '_type'), false)
                    then 1 else 0 end as everything
        from fhir
        where auth_scheme is null and {answer} and coalesce(interaction, '') <> 'capabilities' and coalesce(resource_type, '') not in (
            'CodeSystem', 'ValueSet', 'ConceptMap', 'NamingSystem', 'StructureDefinition', 'StructureMap', 'OperationDefinition',
            'SearchParameter', 'CapabilityStatement', 'TerminologyCapabilities', 'ImplementationGuide', 'CompartmentDefinition',
            'GraphDefinition', 'MessageDefinition'
        )
    ) as seen group by client, server, port
"""
_GIVEN = _ASKED.format(answer="status_code between 200 and 299")
_REFUSED = _ASKED.format(answer="status_code in (401, 403)")


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _GIVEN)]


def clears(look: Look) -> list[Cleared]:
    """A server that turns away those without a login does so to all: who asks does not matter."""
    return cleared(ID, look, _GIVEN, _REFUSED, "It has turned down a caller without a login since.")


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    anyone = look.parties.anyone(server, *clients)
    written, exported = (any(row[column] for row in fault.rows) for column in ("written", "exported"))
    patients = look.patients(server)
    does = "change" if written else "fetch"
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can {does} patients' records in {server.name}: it asks for no login",
        many=f"{anyone} can fetch patients' records: no login is asked for",
        harms=five(
            safety=(2 if written else 1, "A record that anyone can change can lead to wrong care."),
            privacy=(4 if patients >= 500 or exported else 3, "All records can be fetched at once."),
            integrity=(3 if written else 2, "Whoever reaches the server may be able to put in false records."),
            service=(1, "It can be kept busy by anyone."),
            money_and_trust=leaked(patients),
        ),
        automatable=Automatable.YES,
        peers=clients,
        action=Action(
            f"Let {server.name} ask every caller for a login, and let the firewall allow only known callers",
            Effort.DAYS,
            (
                f"Ask {server.maker} how logins are switched on (OAuth 2.0, as SMART App Launch and SMART Backend Services say).",
                f"Decide who of {named(clients)} may ask, and give each a login of its own, with no more rights than needed.",
                f"Until then let only those reach port {fault.part}.",
            ),
            "Let these servers ask every caller for a login, and let the firewall allow only known callers",
        ),
        why=f"{server.opening} ({server.address}, port {fault.part}) answered {counted(len(clients), 'caller')} that asked for records:"
        f" {named(clients)}."
        f"{' It took in records too.' if written else ''}{_export(fault)}"
        " No login (Authorization) came with the question.",
    )


def _export(fault: Fault) -> str:
    """Bulk Data 2.0.0: of the whole server if nothing narrows it; which types `_type` names is not kept."""
    if any(row["everything"] for row in fault.rows):
        return " It began an export of all that it holds."
    return " It began an export in bulk, of the sorts of records that were asked for." if any(row["exported"] for row in fault.rows) else ""


CHECK = Check(
    id=ID,
    title="FHIR server that asks for no login",
    looks_for="FHIR reads, searches, exports and writes answered with success without Authorization; not capabilities or vocabularies.",
    cannot_see="Logins by other means (a cookie, a key in a header of its own); what is inside TLS.",
    streams=("fhir",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST SP 800-66r2 5.3.1 Access Control",
        "NIST CSF 2.0 PR.AA-05",
        "HL7 FHIR R4 6.1.0.2 Authentication",
        "HL7 SMART App Launch 2.2",
        "CWE-306",
        "ATT&CK T1213 Data from Information Repositories",
    ),
    run=run,
    clears=clears,
)
