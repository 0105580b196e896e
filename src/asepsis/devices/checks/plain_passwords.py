"""Logins in clear towards assets that may touch care: telnet (RFC 854), FTP (RFC 959), HTTP Basic (RFC 7617)."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Effort,
    Fault,
    HarmKind,
    Look,
    Proposal,
    Remedy,
    counted,
    faults,
    five,
    posture,
)

ID = "plain-passwords"
FAULT = "can read passwords"
INSTEAD = {"telnet": "SSH", "ftp": "SFTP or FTP over TLS", "http-basic": "HTTPS"}
# Programs that guess passwords of telnet and FTP roam by themselves; for web pages they need a person.
_AUTOMATABLE = {"telnet": Automatable.YES, "ftp": Automatable.YES, "http-basic": Automatable.NO}
NAMES = {"telnet": "Telnet", "ftp": "FTP", "http-basic": "a web page without encryption"}

_LOGINS = """
    select client, server, port, service, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, service, ts, event_id
        from conn where service in ('telnet', 'ftp') and orig_bytes > 0 and resp_bytes > 0
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'http-basic' as service, ts, event_id
        from http where auth_scheme = 'basic'
    ) as seen group by client, server, port, service
"""


def run(look: Look) -> list[Proposal]:
    found = faults(look, _LOGINS, part=lambda row: str(row["service"]), counts=lambda server: server.clinical)
    return [_proposal(fault, look) for fault in found]


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a login that uses another way does not show that the old one is off."""
    server, service, clients = fault.party, fault.part, fault.parties(look)
    ports = fault.listed("port")
    anyone, grave = look.parties.anyone(server, *clients), SAFETY_OF[server.weight]
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can read the password to {server.name}",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(grave, "With the password one can change what it does."),
            privacy=(2, "With the password one can see what it holds."),
            integrity=(max(2, grave), "With the password one can change settings and data."),
            service=(max(2, grave), "With the password one can stop the device."),
            money_and_trust=(1, "A password that was read has to be changed everywhere it is used."),
        ),
        automatable=_AUTOMATABLE[service],
        peers=clients,
        action=Action(
            f"Use {INSTEAD[service]} to log in to {server.name}, switch the old way off, and change the password",
            Effort.HOURS,
            (
                f"Ask {server.maker} whether {INSTEAD[service]} is supported and how the old service is switched off.",
                f"Where it is not, allow port {ports} only from the one computer that needs it.",
                "Change the password afterwards: it may have been read.",
            ),
            "Log in to them in a way that cannot be read (SSH, SFTP, HTTPS), switch the old way off, and change the passwords",
        ),
        why=f"{counted(len(clients), 'computer')} used {NAMES[service]} towards {server.name} ({server.address}, port {ports})."
        " Name and password travel readable for everyone who can listen.",
    )


CHECK = Check(
    id=ID,
    title="Telnet, FTP or HTTP Basic towards a clinical asset",
    looks_for="Telnet and FTP sessions in which both sides spoke, and HTTP requests with a Basic password, towards what may touch care.",
    cannot_see="Logins that nobody used while the sensor listened; whether the service is switched on besides.",
    streams=(
        "conn",
        "http",
    ),
    harms=(HarmKind.SAFETY, HarmKind.INTEGRITY, HarmKind.SERVICE, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 3 Access Management",
        "NIST CSF 2.0 PR.AA-01",
        "RFC 854",
        "RFC 959",
        "RFC 7617 section 4",
        "ATT&CK T1040 Network Sniffing",
        "ATT&CK T1110 Brute Force",
        "CWE-319",
    ),
    run=run,
    ends=(Remedy.ENCRYPTED,),
)
