"""Ways to set up a device in clear that plain-passwords leaves out: login forms of its web page, and TFTP (RFC 1350), which asks for no
password at all. Logins of systems that staff read records in are portal-in-clear.
"""

from __future__ import annotations

from asepsis.devices.getting_in import fence, harms_of_getting_in
from asepsis.findings.service import (
    Action,
    Automatable,
    Check,
    Effort,
    Fault,
    HarmKind,
    Look,
    Proposal,
    faults,
    opening,
    posture,
)

ID = "admin-in-clear"
INSTEAD = {"web-login": "HTTPS", "tftp": "SFTP or HTTPS"}
NAMES = {"web-login": "a login page without encryption", "tftp": "TFTP"}
_AUTOMATABLE = {"web-login": Automatable.NO, "tftp": Automatable.YES}

# Of TFTP the answer comes from another port (RFC 1350 4). Logs of others do not name it.
_USED = """
    select client, server, port, way, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'web-login' as way, ts, event_id
        from http
        where method = 'POST' and coalesce(auth_scheme, '') <> 'basic' and coalesce(status_code, 200) < 400 and carries is null
              and (content_type is not null or request_body_len is null)
              and (uri like '%/login%' or uri like '%/logon%' or uri like '%/signin%' or uri like '%/sign-in%')
        union all
        select t.id_orig_h as client, t.id_resp_h as server, t.id_resp_p as port, 'tftp' as way, t.ts, t.event_id
        from conn as t
        join conn as answer on answer.id_orig_h = t.id_resp_h and answer.id_resp_h = t.id_orig_h and answer.id_resp_p = t.id_orig_p
        where t.proto = 'udp' and (t.service = 'tftp' or (t.service is null and t.id_resp_p = 69)) and t.orig_bytes > 0
              and answer.proto = 'udp' and answer.orig_bytes > 0
    ) as seen group by client, server, port, way
"""


def run(look: Look) -> list[Proposal]:
    found = faults(look, _USED, part=lambda row: str(row["way"]), counts=lambda server: server.clinical)
    return [_proposal(fault, look) for fault in found if fault.part != "web-login" or not fault.party.portal]


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a session that uses another way does not show that the old one is off."""
    server, way, clients = fault.party, fault.part, fault.parties(look)
    anyone, open_to_all = look.parties.anyone(server, *clients), way == "tftp"
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can {'fetch or change files on' if open_to_all else 'read the login to'} {server.name}",
        many=f"{anyone} can get at the settings of devices",
        harms=harms_of_getting_in(server, look.patients(server)),
        automatable=_AUTOMATABLE[way],
        peers=clients,
        takes_over=True,
        action=Action(
            f"Use {INSTEAD[way]} for {server.name}, and switch the old way off",
            Effort.HOURS,
            (
                f"Ask {server.maker} whether {INSTEAD[way]} is supported and how the old service is switched off.",
                fence(fault.listed("port"), clients, look),
                "Change the password afterwards: it may have been read."
                if not open_to_all
                else "Look whether its files are as they should be.",
            ),
            "Set these devices up in a way that cannot be read (HTTPS, SSH), and switch the old way off",
        ),
        why=f"{opening(clients, 'computer')} used {NAMES[way]} towards {server.on(fault.listed('port'))}."
        f" {'It asks for no password at all.' if open_to_all else 'Name and password travel readable for everyone who can listen.'}",
    )


CHECK = Check(
    id=ID,
    title="Login page or TFTP of a device in clear",
    looks_for="Login forms sent over plain HTTP, and answered TFTP, towards what may touch care.",
    cannot_see="Login pages whose address does not say so; TFTP that a device only fetches from; a service that nobody used.",
    streams=("http", "conn"),
    harms=(HarmKind.SAFETY, HarmKind.INTEGRITY, HarmKind.SERVICE, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST CSF 2.0 PR.AA-01",
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "RFC 1350",
        "ATT&CK T1040 Network Sniffing",
        "CWE-319",
    ),
    run=run,
)
