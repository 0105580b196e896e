"""Pages of clinical systems in clear: logins and records that people see in a browser, over plain HTTP (RFC 9110 4.2.1; RFC 6797 1).

FHIR and DICOMweb have findings of their own, and so have passwords that the browser itself sends (plain-passwords).
"""

from __future__ import annotations

from asepsis.findings.service import (
    Action,
    Check,
    Cleared,
    Effort,
    Fault,
    HarmKind,
    Look,
    Proposal,
    Remedy,
    cleared,
    counted,
    faults,
    five,
    leaked,
    opening,
    posture,
)

ID = "portal-in-clear"
# The first page may only say where the right one is.
PAGES_MIN = 3

_PAGES = """
    select client, server, port, sum(case when login then 1 else 0 end) as logins, count(*) as pages, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, status_code, resp_mime, ts, event_id,
               method = 'POST' and (uri like '%/login%' or uri like '%/logon%' or uri like '%/signin%' or uri like '%/sign-in%') as login
        from http where carries is null and coalesce(auth_scheme, '') <> 'basic' and coalesce(status_code, 200) < 400
    ) as seen
    where login or (status_code between 200 and 299 and resp_mime = 'text/html')
    group by client, server, port
"""
# Who is sent on for good (RFC 9110 15.4.2, 15.4.9) is sent to the encrypted page.
_SENT_ON = """
    select client, server, port, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id from http where status_code in (301, 308)
    ) as seen group by client, server, port
"""


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in _used(look)]


def clears(look: Look) -> list[Cleared]:
    why = "It sends everyone who used it in clear on to another page."
    return cleared(ID, look, [row for fault in _used(look) for row in fault.rows], _SENT_ON, why, peer=lambda row: row["client"])


def _used(look: Look) -> list[Fault]:
    rows = [row for row in look.rows(_PAGES) if look.locator.machine(row["client"]) and look.at(row["client"]).clinical]
    return [fault for fault in faults(look, rows, counts=lambda server: server.portal) if _enough(fault)]


def _enough(fault: Fault) -> bool:
    return any(row["logins"] for row in fault.rows) or sum(row["pages"] for row in fault.rows) >= PAGES_MIN


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    anyone = look.parties.anyone(server, *clients)
    logins, pages = (sum(row[column] for row in fault.rows) for column in ("logins", "pages"))
    among = f", {counted(logins, 'login')} among them" if logins else ""
    what = "read the logins of staff and the pages they see" if logins else "read the pages that staff see"
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can {what} on {server.name}",
        many=f"{anyone} can {what}",
        harms=five(
            safety=(1, "A changed page can mislead those who treat."),
            privacy=(
                3,
                "With the login one can open any record." if logins else "Pages of such a system show patients' records.",
            ),
            integrity=(3 if logins else 2, "With a stolen session records can be changed in a colleague's name."),
            service=(1, "Care goes on, but a stolen login has to be searched for."),
            money_and_trust=leaked(look.patients(server)),
        ),
        peers=clients,
        action=Action(
            f"Serve the pages of {server.name} over HTTPS only",
            Effort.HOURS,
            (
                f"Give {server.name} a certificate; ask {server.maker}, or put a reverse proxy in front of port {fault.part}.",
                "Send everyone on from http:// to https://, and switch HSTS on (RFC 6797).",
                *(("Change the passwords that were used: they may have been read.",) if logins else ()),
            ),
            "Serve these pages over HTTPS only",
        ),
        why=f"{opening(clients)} opened {counted(pages, 'page')} of {server.on(fault.part)} without encryption"
        f"{among}. Whoever can listen between them sees the same.",
    )


CHECK = Check(
    id=ID,
    title="Pages of a clinical system in clear",
    looks_for="Login forms and web pages of EHR, RIS, LIS, PACS and the like over plain HTTP, used from what may touch care.",
    cannot_see="What the pages show; calls and video of telehealth, of which calls-in-clear tells what can be seen.",
    streams=("http",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "RFC 6797",
        "ATT&CK T1539 Steal Web Session Cookie",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
