"""Directories asked in clear: binds with a readable password (RFC 4513 5.1.3), and searches that neither StartTLS (RFC 4511 4.14) nor a
security layer of SASL protects (RFC 4513 5.2.2; Active Directory calls that signing and sealing, MS-ADTS 5.1.1).

A password that manuals print is default-credentials until it is changed; one that was turned down because it was wrong opens nothing. A
single question before a login is how clients find out what a server can do, and says nothing (RFC 4512 5.1).
"""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Cleared,
    Effort,
    Fault,
    Harm,
    HarmKind,
    Look,
    Party,
    Proposal,
    Remedy,
    cleared,
    faults,
    five,
    named,
    nothing,
    opening,
    posture,
)

ID = "directory-in-clear"

# 8 and 13: the server wants encryption first, but the password has been sent by then. Searches without a login count from the second on; so
# they do after an anonymous one at a port that is no directory's: that is how a program is lured into fetching code (CVE-2021-44228).
_CLEAR = """
    select client, server, port, way, max(let_in) as let_in, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, 'password' as way,
               case when result_code = 0 then 1 else 0 end as let_in, ts, event_id
        from ldap
        where opcode = 'bind' and password_seen and coalesce(result_code, 0) in (0, 8, 13)
              and not coalesce(list_contains(marks, 'default-credentials'), false)
        union all
        select s.id_orig_h as client, s.id_resp_h as server, s.id_resp_p as port, 'search' as way, 0 as let_in, s.ts, s.event_id
        from ldap as s
        left join (
            select uid, max(case when auth = 'anonymous' then 0 else 1 end) as named from ldap
            where opcode = 'bind' and result_code = 0 group by uid
        ) as bound on bound.uid = s.uid
        left join (select distinct uid from ldap where opcode = 'starttls' and result_code = 0) as turned on turned.uid = s.uid
        where s.opcode = 'search' and not coalesce(s.sealed, false) and turned.uid is null
              and s.searches > case when bound.uid is null or (bound.named = 0 and s.id_resp_p not in (389, 3268)) then 1 else 0 end
    ) as seen group by client, server, port, way
"""
# Who seals searches may still send a password elsewhere; who turns to TLS sends it there.
_PROTECTED = """
    select client, server, sealed, {span} from (
        select id_orig_h as client, id_resp_h as server, opcode = 'search' as sealed, ts, event_id
        from ldap where (opcode = 'search' and sealed) or (opcode = 'starttls' and result_code = 0)
        union all
        select id_orig_h as client, id_resp_h as server, false as sealed, ts, event_id
        from conn where proto = 'tcp' and service = 'ssl' and id_resp_p in (636, 3269) and resp_bytes > 0
    ) as seen group by client, server, sealed
"""


def run(look: Look) -> list[Proposal]:
    rows = [row for row in look.rows(_CLEAR) if look.at(row["client"]).clinical or look.at(row["server"]).clinical]
    return [_proposal(fault, look) for fault in faults(look, rows, part=nothing)]


def clears(look: Look) -> list[Cleared]:
    why = "Everyone who asked it in clear has asked it protected since."
    good = [row | {"way": way} for row in look.rows(_PROTECTED) for way in (("search",) if row["sealed"] else ("search", "password"))]
    return cleared(ID, look, _CLEAR, good, why, part=nothing, peer=lambda row: (row["client"], row["way"]))


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    anyone, passwords = look.parties.anyone(server, *clients), "password" in fault.sighting.values("way")
    return posture(
        ID,
        fault,
        look,
        title=f"{anyone} can read {'passwords sent to' if passwords else 'what is asked of'} the directory on {server.name}",
        many=f"{anyone} can read {'passwords sent to' if passwords else 'what is asked of'} directories",
        harms=_harms_of_a_login(server, any(row["let_in"] for row in fault.rows)) if passwords else _harms_of_answers(server),
        peers=clients,
        others=clients,
        action=Action(
            f"Let {named(clients)} ask the directory on {server.name} encrypted, then require that",
            Effort.DAYS,
            (
                f"Give {server.name} a certificate that its callers trust.",
                f"Set StartTLS, or TLS at port 636, first in {named(clients, 5)}; ask the maker where that cannot be seen.",
                "Then require it. Windows: 'LDAP server signing requirements'; OpenLDAP: 'security simple_bind=128'.",
                *(("Change the passwords that were sent: they may have been read.",) if passwords else ()),
            ),
            "Let their callers ask these directories encrypted, then require that",
        ),
        why=f"{opening(clients, 'machine')} asked the directory on {server.on(fault.listed('port'))} by LDAP without encryption."
        f" Whoever can listen reads {'names, passwords and answers' if passwords else 'questions and answers'}.",
    )


def _harms_of_a_login(server: Party, let_in: bool) -> dict[HarmKind, Harm]:
    """A login of the directory opens every machine that asks it; whether one that was not let in is right is not known."""
    level = 3 if let_in else 2
    return five(
        safety=(min(1, SAFETY_OF[server.weight]), "With the login one gets at devices that take the same."),
        privacy=(level, "The login opens the files and records of its owner."),
        integrity=(level, "With the login one can change what its owner can."),
        service=(level, "Ransom gangs lock all that such a login opens."),
        money_and_trust=(1, "A password that was read has to be changed everywhere it is used."),
    )


def _harms_of_answers(server: Party) -> dict[HarmKind, Harm]:
    """No password passed: what is read or changed is what the directory says."""
    return five(
        safety=(min(1, SAFETY_OF[server.weight]), "A false answer can let a stranger in at a device."),
        privacy=(2, "Names, numbers and groups of staff can be read."),
        integrity=(2, "Who is let in where hangs on the answers, and these could be changed on their way."),
        service=(1, "A false answer can lock staff out."),
        money_and_trust=(1, "What staff may do has to be looked through."),
    )


CHECK = Check(
    id=ID,
    title="Directory in clear",
    looks_for="LDAP binds with a readable password, and searches that neither TLS nor a security layer protects, with a side that may touch"
    " care.",
    cannot_see="Directories that nobody asked while the sensor listened; whether a security layer encrypts or only signs; searches in"
    " logs of Zeek; a single search without a name at a port of its own, which may be no directory's.",
    streams=("ldap",),
    harms=(HarmKind.INTEGRITY, HarmKind.PRIVACY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "RFC 4513 5.1.3",
        "RFC 4511 4.14",
        "Microsoft ADV190023 LDAP channel binding and signing",
        "ATT&CK T1040 Network Sniffing",
        "CWE-319",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
