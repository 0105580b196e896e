"""Logins with a name and password that a maker's manual or an advisory prints: over FTP (RFC 959), HTTP Basic (RFC 7617), POP3 (RFC 1939),
IMAP (RFC 9051), LDAP (RFC 4513 5.1.3) and SMTP (RFC 4954), where they can be read.

The core compares them in memory; a row bears the mark alone, so that which they are is neither known here nor shown. Logins that were
turned down are none. That such a login can be read by everyone is not said again by plain-passwords: it is, of the login that comes after.
"""

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
    Row,
    cleared,
    faults,
    five,
    named,
    opening,
    posture,
)  # fmt: skip

ID = "default-credentials"
FAULT = "Whoever has read the manuals can log in"
NAMES = {"ftp": "FTP", "http": "the web page", "pop3": "POP3", "imap": "IMAP", "ldap": "LDAP", "smtp": "SMTP"}

# A page that is shown to those who do not log in, too, says nothing of a login. LDAP: 14 is a step on the way, 10 a referral.
_LOGINS = """
    select client, server, port, service, min(case when accepted then 1 else 0 end) as certain, {{span}} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'ftp' as service, login_ok as accepted,
               password_seen as readable, marks, ts, event_id
        from ftp
        union all
        select h.id_orig_h as client, h.id_resp_h as server, h.id_resp_p as port, 'http' as service,
               case when h.status_code is null then null else h.status_code between 200 and 299 or h.status_code = 304 end as accepted,
               auth_scheme = 'basic' as readable, marks, ts, event_id
        from http as h left join (
            select distinct id_resp_h, id_resp_p, uri from http where auth_scheme is null and status_code between 200 and 299
        ) as open on open.id_resp_h = h.id_resp_h and open.id_resp_p = h.id_resp_p and open.uri = h.uri
        where open.uri is null
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, service, success as accepted,
               password_seen as readable, marks, ts, event_id
        from login
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'ldap' as service, result_code = 0 as accepted,
               password_seen as readable, marks, ts, event_id
        from ldap where opcode = 'bind' and coalesce(result_code, 0) not in (10, 14)
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'smtp' as service, auth_ok as accepted,
               password_seen as readable, marks, ts, event_id
        from smtp
    ) as seen where readable and {which} group by client, server, port, service
"""
_KNOWN = _LOGINS.format(which="coalesce(accepted, true) and list_contains(marks, 'default-credentials')")
_OWN = _LOGINS.format(which="accepted and not coalesce(list_contains(marks, 'default-credentials'), false)")


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _KNOWN, part=_part)]


def clears(look: Look) -> list[Cleared]:
    why = "Everyone who logged in that way has logged in with another password since."
    return cleared(ID, look, _KNOWN, _OWN, why, part=_part, peer=lambda row: row["client"])


def _part(row: Row) -> str:
    return f"{row['service']} {row['port']}"


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    grave, way = SAFETY_OF[server.weight], NAMES[fault.rows[0]["service"]]
    certain = any(row["certain"] for row in fault.rows)
    outcome = "and was let in" if certain else "and whether that was let in was not seen"
    return posture(
        ID,
        fault,
        look,
        title=f"Whoever has read the manual {'can' if certain else 'may be able to'} log in to {server.name}",
        many=FAULT,
        why=f"{opening(clients)} logged in to {server.on(fault.listed('port'))} by {way} with a name and password"
        f" that makers' manuals print, {outcome}.",
        harms=five(
            safety=(grave, "Whoever logs in can change what the device does."),
            privacy=(3, "Whoever logs in can see what the device holds."),
            integrity=(max(2, grave), "Whoever logs in can change settings and data."),
            service=(max(2, grave), "Whoever logs in can stop the device."),
            money_and_trust=(2, "Such logins are the first that an attacker tries."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        automatable=Automatable.YES,
        peers=clients,
        takes_over=True,
        action=Action(
            f"Change the password of {server.name}, first of the account that {named(clients)} used",
            Effort.HOURS,
            (
                f"Ask {server.maker} how, and what else logs in with it; on a device for patients have it done at its next service.",
                f"Where it cannot be changed, let only the machines that need it reach port {fault.listed('port')}.",
                "Change it on all machines of this model: they came with the same.",
                "Look who logged in until now.",
            ),
            "Change the passwords that these machines came with",
        ),
    )


CHECK = Check(
    id=ID,
    title="Login with a password that manuals print",
    looks_for="Logins over FTP, HTTP Basic, POP3, IMAP, LDAP and SMTP whose name and password are in the core's list of documented ones.",
    cannot_see="Logins inside encryption, over telnet or in web forms; passwords that are bad, but in no manual; those that nobody used.",
    streams=("ftp", "http", "login", "ldap", "smtp"),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST CSF 2.0 PR.AA-01",
        "NIST SP 800-66r2 5.3.4 Person or Entity Authentication",
        "CWE-1392 Use of Default Credentials",
        "ATT&CK T1078.001 Default Accounts",
    ),
    run=run,
    clears=clears,
)
