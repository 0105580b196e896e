"""Logins in clear towards assets that may touch care: telnet (RFC 854), FTP (RFC 959), HTTP Basic (RFC 7617), and the remote shells rlogin
(RFC 1282), rexec and rsh, of which the last believes who the caller says it is.

What others say is left to them: names and passwords that manuals print (default-credentials, until they are changed), login forms and TFTP
(admin-in-clear), mailboxes (mail-in-clear), directories (directory-in-clear), databases (database-in-clear). A login that was turned down
shows no password that opens anything, and anonymous's of FTP (RFC 1635) is none.
"""

from __future__ import annotations

from asepsis.devices.getting_in import fence, from_outside, harms_of_getting_in
from asepsis.findings.service import (
    Action,
    Automatable,
    Check,
    Effort,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Remedy,
    faults,
    named,
    opening,
    posture,
)

ID = "plain-passwords"
FAULT = "can read passwords"
INSTEAD = {"ftp": "SFTP or FTP over TLS", "http-basic": "HTTPS"}
NAMES = {
    "telnet": "Telnet",
    "ftp": "FTP",
    "http-basic": "a web page without encryption",
    "rlogin": "rlogin",
    "rsh": "rsh",
    "rexec": "rexec",
}

# Of a terminal only the connection is known: both spoke. Content does not tell rexec, nor logs of others the rest; syslog over TCP has a
# port of theirs, and is never answered.
_LOGINS = """
    select client, server, port, service, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id,
               coalesce(service, case id_resp_p when 512 then 'rexec' when 513 then 'rlogin' else 'rsh' end) as service
        from pairs
        where proto = 'tcp' and orig_bytes > 0 and resp_bytes > 0
              and (service in ('telnet', 'rlogin', 'rsh') or (service is null and id_resp_p in (512, 513, 514)))
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id, 'ftp' as service
        from ftp where password_seen and coalesce(login_ok, true) and not coalesce(list_contains(marks, 'default-credentials'), false)
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, ts, event_id, 'http-basic' as service
        from http
        where auth_scheme = 'basic' and coalesce(status_code, 200) not in (401, 403)
              and not coalesce(list_contains(marks, 'default-credentials'), false)
    ) as seen group by client, server, port, service
"""


def run(look: Look) -> list[Proposal]:
    found = faults(look, _LOGINS, part=lambda row: str(row["service"]), counts=lambda server: server.clinical)
    return [_proposal(fault, look) for fault in found]


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a login that uses another way does not show that the old one is off."""
    server, service, clients = fault.party, fault.part, fault.parties(look)
    ports, instead = fault.listed("port"), INSTEAD.get(service, "SSH")
    outside, believed = from_outside(clients, look), service == "rsh"
    anyone = "Anyone on the internet" if outside else look.parties.anyone(server, *clients)
    return posture(
        ID,
        fault,
        look,
        title=f"The password to {server.name} crosses the internet, and can be read on its way"
        if outside and not believed
        else f"{anyone} can {'log in to' if believed else 'read the password to'} {server.name}",
        many="Passwords cross the internet, and can be read on their way" if outside and not believed else f"{anyone} {FAULT}",
        harms=harms_of_getting_in(server, look.patients(server)),
        # Programs that guess passwords roam by themselves; for web pages they need a person.
        automatable=Automatable.NO if service == "http-basic" else Automatable.YES,
        peers=clients,
        takes_over=True,
        action=Action(
            f"Use {instead} to log in to {server.name}, switch the old way off, and change the password",
            Effort.HOURS,
            (
                f"Ask {server.maker} whether {instead} is supported and how the old service is switched off.",
                fence(ports, clients, look),
                "Change the password afterwards: it may have been read.",
            ),
            "Log in to them in a way that cannot be read (SSH, SFTP, HTTPS), switch the old way off, and change the passwords",
        ),
        why=f"{opening(clients, 'computer')} used {NAMES[service]} towards {server.on(ports)}.{_across(outside)} {_travels(believed)}",
    )


def _across(outside: list[Party]) -> str:
    return f" Over the internet came {named(outside)}." if outside else ""


def _travels(believed: bool) -> str:
    if believed:
        return "It asks for no password: it believes the name that the caller says, and anyone can say that."
    return "Name and password travel readable for everyone who can listen."


CHECK = Check(
    id=ID,
    title="Telnet, FTP, HTTP Basic or a remote shell towards a clinical asset",
    looks_for="FTP logins and HTTP requests with a readable password that was not turned down, and telnet, rlogin, rsh and rexec in which"
    " both sides spoke, towards what may touch care.",
    cannot_see="Logins that nobody used while the sensor listened; whether the service is switched on besides; FTP in logs of connections.",
    streams=("conn", "ftp", "http"),
    harms=(HarmKind.SAFETY, HarmKind.INTEGRITY, HarmKind.SERVICE, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST CSF 2.0 PR.AA-01",
        "RFC 854",
        "RFC 959",
        "RFC 1282",
        "RFC 7617 section 4",
        "ATT&CK T1040 Network Sniffing",
        "ATT&CK T1110 Brute Force",
        "CWE-319",
    ),
    run=run,
    ends=(Remedy.ENCRYPTED,),
)
