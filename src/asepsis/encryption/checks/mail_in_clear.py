"""Mail in clear, and the passwords of mailboxes: SMTP, POP3 and IMAP without STARTTLS (RFC 3207, RFC 2595), inside or on the way out.
RFC 8314 asks for TLS.
"""

from __future__ import annotations

from collections.abc import Iterator

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

ID = "mail-in-clear"
NAMES = {"smtp": "SMTP", "pop3": "POP3", "imap": "IMAP"}

# A greeting, a health check or a scan is no mail: a message with its envelope takes some hundred bytes, a login some twenty.
_SESSIONS = """
        select id_orig_h as client, id_resp_h as server, id_resp_p as port,
               case when service like '%smtp%' then 'smtp' when service like '%pop3%' then 'pop3' else 'imap' end as protocol,
               0 as password, ts, event_id
        from pairs
        where proto = 'tcp' and (service like '%smtp%' or service like '%pop3%' or service like '%imap%') and {which}
              and resp_bytes > 0 and orig_bytes >= case when service like '%smtp%' then 300 else 20 end
"""
# What the sessions said, where it was read: a message that was taken, a password that was not turned down.
_SAID = """
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'smtp' as protocol,
               case when password_seen and coalesce(auth_ok, true) then 1 else 0 end as password, ts, event_id
        from smtp where (password_seen and coalesce(auth_ok, true)) or (messages > 0 and not coalesce(tls, false))
        union all
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, service as protocol, 1 as password, ts, event_id
        from login where password_seen and coalesce(success, true)
"""
_MAIL = """
    select client, server, port, protocol, max(password) as password, {{span}} from ({seen}) as seen group by client, server, port, protocol
"""
_CLEAR = _MAIL.format(seen=_SESSIONS.format(which="service not like '%ssl%'") + " union all " + _SAID)
_TURNED = _MAIL.format(seen=_SESSIONS.format(which="service like '%ssl%'"))


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in _faults(look)]


def clears(look: Look) -> list[Cleared]:
    """Who sent or fetched mail in clear and does so encrypted since."""
    why = "Everyone who used it in clear has used it encrypted since."
    bad, good = look.rows(_CLEAR), look.rows(_TURNED)
    # Of who sends out the server outside is the peer; of a server inside what a caller outside does proves nothing.
    out = [[row for row in rows if _out(row, look)] for rows in (bad, good)]
    within = [[row for row in rows if not _out(row, look)] for rows in (bad, good)]
    return [
        *cleared(ID, look, within[0], within[1], why, part=_part, peer=lambda row: row["client"]),
        *cleared(ID, look, out[0], out[1], why, who="client", part=_part_out, peer=lambda row: row["server"]),
    ]


def _faults(look: Look) -> Iterator[Fault]:
    """By the server inside that takes mail, or the machine that sends it out. A password counts whoever sent it."""
    rows = [row for row in look.rows(_CLEAR) if look.locator.machine(row["client"])]
    rows = [row for row in rows if row["password"] or look.at(row["client"]).clinical]
    yield from faults(look, [row for row in rows if not _out(row, look)], part=_part)
    yield from faults(look, [row for row in rows if _out(row, look)], who="client", part=_part_out)


def _out(row: Row, look: Look) -> bool:
    return look.parties.outside(row["server"])


def _part(row: Row) -> str:
    return str(row["protocol"])


def _part_out(row: Row) -> str:
    return f"{row['protocol']} out"


def _proposal(fault: Fault, look: Look) -> Proposal:
    machine, out = fault.party, fault.part.endswith(" out")
    others = fault.parties(look, "server" if out else "client")
    protocol = NAMES[fault.part.removesuffix(" out")]
    fetches, password = protocol != "SMTP", any(row["password"] for row in fault.rows)
    anyone = "Anyone on the way" if out else look.parties.anyone(machine, *others)
    what = f"mail that {machine.name} {'fetches' if fetches else 'sends out'}" if out else f"mail that passes {machine.name}"
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can read {what}",
        many=f"{anyone} can read mail",
        harms=five(
            safety=(0, "Care does not hang on it."),
            privacy=(3 if out else 2, "Mail often holds letters and results of patients."),
            integrity=(2 if out else 1, "Mail could be changed on its way."),
            service=(
                1,
                "A mailbox password that was read opens the way to more." if fetches or password else "False mail can be sent this way.",
            ),
            money_and_trust=(2, "A letter about a patient that was read has to be reported."),
        ),
        peers=others,
        others=others,
        action=Action(
            f"Switch on encryption for mail {'from' if out else 'to'} {machine.name}, and let nothing else pass",
            Effort.HOURS,
            (
                f"Set 'STARTTLS required' (or TLS from the start) in {machine.name} for {named(others)}.",
                "Scanners and copiers that cannot: let them send to a relay on their own part of the network that can.",
                *(("Change the mailbox passwords that were used: they may have been read.",) if fetches or password else ()),
            ),
            "Switch on encryption for this mail, and let nothing else pass",
        ),
        why=f"{machine.opening if out else opening(others)} used {protocol} with {named(others) if out else machine.name}"
        f" (port {fault.listed('port')}) and did not switch to encryption. Whoever can listen reads the mail"
        f"{' and the password' if password else ' and may read the password' if fetches else ''}.",
    )


CHECK = Check(
    id=ID,
    title="Mail in clear",
    looks_for="SMTP, POP3 and IMAP sessions with mail or a login that never turned to TLS, between two inside or on the way out.",
    cannot_see="Mail that comes in from outside, where the sender decides; whether a mail was encrypted itself (S/MIME); webmail.",
    streams=("conn", "smtp", "login"),
    harms=(HarmKind.PRIVACY, HarmKind.MONEY_AND_TRUST, HarmKind.INTEGRITY),
    references=(
        "HICP 2023 practice 1 Email Protection Systems",
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "RFC 3207",
        "RFC 8314 4.1",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
    scope=Scope(
        "mail",
        "select count(*) as number from conn where regexp_matches(service, 'smtp|pop3|imap') having count(*) > 0",
    ),
)
