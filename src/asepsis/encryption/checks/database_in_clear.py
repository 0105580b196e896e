"""Databases asked in clear: MySQL, PostgreSQL (SSLRequest: Frontend/Backend Protocol, SSL Session Encryption), SQL Server (MS-TDS 2.2.6.5,
PRELOGIN), MongoDB.

SQL Server may encrypt the login and nothing behind it: that is in clear. Oracle's own encryption does not show, so of it nothing is said.
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
    Row,
    Scope,
    cleared,
    faults,
    five,
    named,
    opening,
    posture,
)

ID = "database-in-clear"
NAMES = {"mysql": "MySQL", "postgresql": "PostgreSQL", "tds": "SQL Server", "mongodb": "MongoDB"}

# Both must have sent more than greetings: a health check opens the port and hangs up, or asks whether it would be let in.
_CONNS = """
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, service, ts, event_id,
               case when service like '%mysql%' then 'mysql' when service like '%postgresql%' then 'postgresql'
                    when service like '%tds%' then 'tds' when service like '%mongodb%' then 'mongodb' end as product
        from pairs where proto = 'tcp' and orig_bytes >= 60 and resp_bytes >= 100
"""
_CLEAR = f"""
    select client, server, port, product, {{span}} from ({_CONNS}) as seen
    where product is not null and service not like '%ssl%' group by client, server, port, product
"""  # noqa: S608 - no input in it
# Encrypted from the first byte it is not named: MongoDB always, SQL Server 8.0 and PostgreSQL 17 if they are told to.
_TURNED = f"""
    select seen.client, seen.server, seen.port, plain.product, {{span}} from ({_CONNS}) as seen
    join (select distinct server, port, product from ({_CONNS}) as one where product is not null) as plain
         on plain.server = seen.server and plain.port = seen.port and coalesce(seen.product, plain.product) = plain.product
    where seen.service like '%ssl%' group by seen.client, seen.server, seen.port, plain.product
"""  # noqa: S608 - no input in it


def run(look: Look) -> list[Proposal]:
    rows = [row for row in look.rows(_CLEAR) if look.at(row["client"]).clinical or look.at(row["server"]).clinical]
    return [_proposal(fault, look) for fault in faults(look, rows, part=_part)]


def clears(look: Look) -> list[Cleared]:
    why = "Everyone who asked it in clear has asked it encrypted since."
    return cleared(ID, look, _CLEAR, _TURNED, why, part=_part, peer=lambda row: row["client"])


def _part(row: Row) -> str:
    return f"{row['product']} {row['port']}"


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    anyone = look.parties.anyone(server, *clients)
    product = NAMES[fault.rows[0]["product"]]
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can read what {named(clients)} {'asks' if len(clients) == 1 else 'ask'} the database on {server.name}",
        many=f"{anyone} can read what is asked of databases",
        harms=five(
            safety=(1, "Changed records can mislead those who treat."),
            privacy=(3, "Often whole lists of patients can be read."),
            integrity=(2, "Questions and answers could be changed on their way."),
            service=(1, "A login that was read can be used to stop it."),
            money_and_trust=(2, "A leak of patients' records has to be reported and costs trust."),
        ),
        peers=clients,
        others=clients,
        action=Action(
            f"Require encryption on the database of {server.name} ({product}), and let {named(clients)} use it",
            Effort.HOURS,
            (
                f"Give {server.name} a certificate, and require TLS for logins; ask {server.maker} first if the product is theirs.",
                f"Set the same in the connection of {named(clients)}; check the certificate there too.",
                f"Let only these machines reach port {fault.listed('port')}.",
            ),
            "Require encryption on these databases, and let their callers use it",
        ),
        why=f"{opening(clients, 'machine')} talked {product} with {server.on(fault.listed('port'))}, and no"
        f" encryption began{' that goes beyond the login' if product == 'SQL Server' else ''}. Whoever can"
        " listen between them reads questions and answers.",
    )


CHECK = Check(
    id=ID,
    title="Database in clear",
    looks_for="MySQL, PostgreSQL, SQL Server and MongoDB sessions that never turned to TLS, or for the login only, with a side that may"
    " touch care.",
    cannot_see="Oracle, whose own encryption does not show; products of other makers (InterSystems); local sockets.",
    streams=("conn",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 4 Data Protection and Loss Prevention",
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "MS-TDS 2.2.6.5",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
    scope=Scope(
        "database", "select count(*) as number from conn where regexp_matches(service, 'mysql|postgresql|tds|mongodb') having count(*) > 0"
    ),
)
