"""Devices that tell and take settings by SNMP version 1 or 2c for a community that everyone knows (RFC 1157 3.2.5, RFC 3410 7.1)."""

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
    opening,
    posture,
)  # fmt: skip

ID = "snmp-default"
FAULT = "Settings can be read, and some changed, with a password that everyone knows"

_TALKS = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, max(case when set_requests > 0 then 1 else 0 end) as written,
           {{span}}
    from snmp where version in ('1', '2c') and coalesce(get_responses, 0) > 0 and {which} list_contains(marks, 'snmp-default-community')
    group by id_resp_h, id_resp_p, id_orig_h
"""
_KNOWN = _TALKS.format(which="")
_OWN = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, 0 as written, {span} from snmp
    where coalesce(get_responses, 0) > 0 and not coalesce(list_contains(marks, 'snmp-default-community'), false)
    group by id_resp_h, id_resp_p, id_orig_h
"""


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _KNOWN)]


def clears(look: Look) -> list[Cleared]:
    why = "Whoever asked it that way asks in another way now."
    return cleared(ID, look, _KNOWN, _OWN, why, peer=lambda row: row["client"])


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    written = any(row["written"] for row in fault.rows)
    grave = SAFETY_OF[server.weight] if written else min(1, SAFETY_OF[server.weight])
    does = "can change settings of" if written else "can read out"
    return posture(
        ID,
        fault,
        look,
        title=f"Anyone who knows the usual password {does} {server.name}",
        many=FAULT,
        why=f"{opening(clients)} asked {server.on(fault.part)} by SNMP with a community that makers set and lists"
        " name, and it answered." + (" Settings were written that way." if written else ""),
        harms=five(
            safety=(grave, "It can be stopped while a patient needs it."),
            privacy=(1, "Names of machines and of the network can be read."),
            integrity=(2 if written else 1, "Settings can be changed where writing is allowed."),
            service=(2, "It can be switched off or cut off."),
            money_and_trust=(1, "It helps whoever prepares an attack."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        automatable=Automatable.YES,
        peers=clients,
        takes_over=written,
        action=Action(
            f"Set a community of the hospital's own on {server.name}, or version 3 with a password, or switch SNMP off",
            Effort.HOURS,
            (
                f"Ask {server.maker} how; on a device that treats patients have it done at its next service.",
                "Allow port 161 only from the monitoring server.",
                "Take the right to write away where nobody needs it.",
            ),
            "Set a community of the hospital's own on them, or version 3 with passwords, or switch SNMP off",
        ),
    )


CHECK = Check(
    id=ID,
    title="SNMP with a default community",
    looks_for="Answers by SNMP version 1 or 2c for a community of the core's list of vendor-documented defaults, the value never kept.",
    cannot_see="Communities that nobody used while the sensor listened; whether writing would be allowed where nobody wrote.",
    streams=("snmp",),
    harms=(HarmKind.SERVICE, HarmKind.SAFETY, HarmKind.INTEGRITY),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST CSF 2.0 PR.PS-01",
        "RFC 3410 7.1",
        "CWE-1392 Use of Default Credentials",
        "ATT&CK T1602.001 SNMP (MIB Dump)",
    ),
    run=run,
    clears=clears,
)
