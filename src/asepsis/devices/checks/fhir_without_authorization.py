"""Patients' records handed out without a login: FHIR reads, searches and exports answered although no Authorization came (FHIR R4 6.1.0.2).

What a server says of itself and what vocabularies it has is meant for all (R4 http.html 3.1.0.9 capabilities; terminology resources).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from asepsis.findings.service import (
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Fault,
    HarmKind,
    Judged,
    Look,
    Party,
    Proposal,
    busiest,
    cleared,
    counted,
    faults,
    five,
    large,
    leaked,
    named,
    posture,
    quarter,
    readable,
)

ID = "fhir-without-authorization"

_ASKED = """
    select client, server, port, {{span}}, max(written) as written, max(exported) as exported, max(fetched) as fetched,
           max(everything) as everything
    from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id,
               case when interaction in ('create', 'update', 'patch', 'delete', 'batch') then 1 else 0 end as written,
               case when operation = '$export' then 1 else 0 end as exported,
               case when interaction in ('create', 'update', 'patch', 'delete', 'batch') or operation = '$export' then 0 else 1 end
                   as fetched,
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
# Those in the bodies. `patient` may be whom a search asked for, found or not; so may a reference, if nothing was given or taken.
_PASSED = f"""
    select distinct {quarter("f.ts")} as since, f.id_resp_h as server, p.one as patient, 0 as referred
    from fhir as f cross join unnest(f.patients) as p(one)
    union
    select distinct {quarter("f.ts")}, f.id_resp_h, p.one, 1
    from fhir as f cross join unnest(f.patient_refs) as p(one)
    where f.status_code between 200 and 299 or f.interaction in ('create', 'update', 'patch', 'batch')
"""  # noqa: S608 - columns of ours
_REFUSED = _ASKED.format(answer="status_code in (401, 403)")


def run(look: Look) -> list[Proposal]:
    found = list(faults(look, _GIVEN))
    patients = _patients(look) if found else {}
    return [_proposal(fault, look, patients.get(fault.party.key, 0)) for fault in found]


def clears(look: Look) -> list[Cleared]:
    """A server that turns away those without a login does so to all: who asks does not matter."""
    return cleared(ID, look, _GIVEN, _REFUSED, "It has turned down a caller without a login since.")


def _patients(look: Look) -> dict[str, int]:
    """How many passed by FHIR at each server, in its busiest 24 hours; what else the machine holds is not given out this way."""
    found: defaultdict[str, defaultdict[tuple[datetime, int], set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in look.rows(_PASSED):
        found[look.at(row["server"]).key][row["since"], row["referred"]].add(row["patient"])
    return {server: busiest(quarters) for server, quarters in found.items()}


def _proposal(fault: Fault, look: Look, patients: int) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    anyone, name = look.parties.anyone(server, *clients), _name(server, server.name)
    written = _did(fault, "written", look)
    made = posture(
        ID,
        fault,
        look,
        title=f"{anyone} can {'change' if written else 'fetch'} patients' records in {name}: it asks for no login",
        many=f"{anyone} can fetch patients' records: no login is asked for",
        harms=five(
            safety=(2 if written else 1, "A record that anyone can change can lead to wrong care."),
            privacy=_privacy(fault, patients),
            integrity=(3 if written else 2, "Whoever reaches the server may be able to put in false records."),
            service=(1, "It can be kept busy by anyone."),
            money_and_trust=leaked(patients),
        ),
        automatable=Automatable.YES,
        peers=clients,
        action=Action(
            f"Let {name} ask every caller for a login, and let the firewall allow only known callers",
            Effort.DAYS,
            (
                f"Ask {server.maker} how logins are switched on (OAuth 2.0, as SMART App Launch and SMART Backend Services say).",
                f"Decide who may ask, of those that did ({named(clients)}); give each a login of its own, with no more rights than needed.",
                f"Until then let only those reach port {fault.part}.",
            ),
            "Let these servers ask every caller for a login, and let the firewall allow only known callers",
        ),
        why=f"{large(_name(server, server.on(fault.part)))} answered {counted(len(clients), 'caller')} without a login"
        f" (Authorization). {' '.join(_told(fault, look))}",
    )
    return replace(made, patients=patients)


def _name(server: Party, called: str) -> str:
    """By what this is about, where a machine does several things."""
    several = server.asset and server.asset.roles and server.kind != "EHR"
    return f"the health record system on {called}" if several else called


def _did(fault: Fault, column: str, look: Look) -> list[Party]:
    """Who did it."""
    return look.all_at(row["client"] for row in fault.rows if row[column])


def _told(fault: Fault, look: Look) -> Iterator[str]:
    """Bulk Data 2.0.0: an export is of the whole server if nothing narrows it; which types `_type` names is not kept."""
    fetched, written, everything = (_did(fault, column, look) for column in ("fetched", "written", "everything"))
    some = [party for party in _did(fault, "exported", look) if party not in everything]
    if fetched:
        yield f"It gave records to {named(fetched)}."
    if written:
        yield f"It took in records from {named(written)}."
    if everything:
        yield f"It began an export of all that it holds for {named(everything)}."
    if some:
        yield f"It began an export in bulk, of the sorts of records that were asked for, for {named(some)}."


def _privacy(fault: Fault, patients: int) -> Judged:
    """An answer to an export shows that it was accepted."""
    if any(row["everything"] for row in fault.rows):
        return 4, "All records can be fetched at once."
    if any(row["exported"] for row in fault.rows):
        return 4, "Records of many patients can be fetched at once."
    if patients:
        return readable(patients)
    return 3, "Whoever asks is given records." if any(row["fetched"] for row in fault.rows) else "Whoever asks may be given records."


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
