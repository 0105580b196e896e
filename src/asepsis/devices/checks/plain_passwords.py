"""Logins in clear towards assets that may touch care: telnet (RFC 854), FTP (RFC 959), HTTP Basic (RFC 7617)."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Exploitation,
    HarmKind,
    Kind,
    Look,
    Party,
    Points,
    Proposal,
    Sighting,
    counted,
    five,
    gather,
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

Place = tuple[str, str]


def run(look: Look) -> list[Proposal]:
    servers = dict[Place, Party]()

    def keyed(server: Party, service: str) -> Place:
        servers[server.key, service] = server
        return server.key, service

    found = ((look.at(row["server"]), row) for row in look.rows(_LOGINS) if not look.parties.outside(row["server"]))
    sightings = gather((keyed(server, row["service"]), row) for server, row in found if server.clinical)
    return [_proposal(servers[place], place[1], sighting, look) for place, sighting in sorted(sightings.items())]


def clears(look: Look) -> list[Cleared]:
    """None: a login that uses another way does not show that the old one is off."""
    return []


def _proposal(server: Party, service: str, sighting: Sighting, look: Look) -> Proposal:
    clients = [look.at(address) for address in sighting.values("client")]
    ports = ", ".join(str(port) for port in sighting.values("port"))
    anyone, grave = look.parties.anyone(server, *clients), SAFETY_OF[server.weight]
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=server.key,
        title=f"{anyone} can read the password to {server.name}",
        fault=f"{anyone} {FAULT}",
        harms=five(
            safety=(grave, "Whoever has the password can change what the device does."),
            privacy=(2, "Whoever has the password can see what the device holds."),
            integrity=(max(2, grave), "Whoever has the password can change settings and data."),
            service=(max(2, grave), "Whoever has the password can stop the device."),
            money_and_trust=(1, "A password that was read has to be changed everywhere it is used."),
        ),
        points=Points(Exploitation.NONE, look.parties.exposure(server, *clients), _AUTOMATABLE[service]),
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
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=service,
        zone=server.zone,
        asset_kind=server.kind,
        events=sighting.events,
        patients=look.patients(server),
        assets=server.ids,
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
    clears=clears,
)
