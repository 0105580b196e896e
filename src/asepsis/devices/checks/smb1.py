"""File servers that still speak SMB version 1 (MS-CIFS, "NT LM 0.12"), the way WannaCry went through hospitals in 2017.

The holes that it went through are those of Windows' own server of then (MS17-010; CISA KEV, CVE-2017-0143 to CVE-2017-0148). What else
speaks the version, Samba or a newer Windows, does not have them: there it is outdated, most often unsigned, and never encrypted.
"""

from __future__ import annotations

import re

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Effort,
    Exploitation,
    Fault,
    Harm,
    HarmKind,
    Look,
    Party,
    Proposal,
    faults,
    five,
    named,
    nothing,
    opening,
    posture,
)
from asepsis.hospital.service import SURE, Asset

ID = "smb1"
FAULT = "An outdated way to share files is in use, by which a worm can spread"
FAULT_WITHOUT_HOLES = "Files that are shared in an outdated way can be read and changed"
# By their names in os_support.tsv: all that is no Windows, what of Windows came after MS17-010, and Windows CE with a server of its own.
_WITHOUT_HOLES = re.compile(r"(?!Windows)|Windows (11|10 (17|18|19|2)|Server (2019|202|23H2)|CE|Embedded C)")

# A pipe is no file, and where the share was not seen only an extension shows that it was one. `{span}` stays as it is: `rows` fills it in.
_SESSIONS = """
    select id_orig_h as client, id_resp_h as server, max(shared) as shared, {span} from (
        select id_orig_h, id_resp_h, version, ts, event_id,
               case when share_type = 'DISK' and coalesce(status, 0) = 0 then 1 else 0 end as shared
        from smb_mapping
        union all
        select id_orig_h, id_resp_h, version, ts, event_id,
               case when coalesce(status, 0) = 0 and (share_type = 'DISK' or share_type is null and extension is not null) then 1 else 0 end
        from smb_files
    ) as seen where version = 'SMB1' group by id_orig_h, id_resp_h
"""


def run(look: Look) -> list[Proposal]:
    """Nothing clears it: who uses a newer version does not show that the old one is off, and a refusal of the old one leaves no row."""
    return [_proposal(fault, look) for fault in faults(look, _SESSIONS, part=nothing)]


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    other = _without_holes(server)
    shared = any(row["shared"] for row in fault.rows)
    shares = "shares files in an outdated way" if shared else "speaks an outdated way to share files"
    by = (
        ": they can be read and changed on their way"
        if other
        else " by which a worm can spread"
        if shared
        else ", by which a worm can spread"
    )
    return posture(
        ID,
        fault,
        look,
        title=f"{server.opening} {shares}{by}",
        many=FAULT_WITHOUT_HOLES if other else FAULT,
        harms=_harms_on_the_way(server) if other else _harms_of_a_worm(server),
        exploitation=Exploitation.PUBLIC_POC if other else Exploitation.ACTIVE,
        automatable=Automatable.NO if other else Automatable.YES,
        peers=clients,
        others=clients,
        takes_over=not other,
        action=Action(
            f"Switch SMB version 1 off on {server.name}; move what needs it to version 3, or fence it in",
            Effort.DAYS,
            (
                f"Find what the callers need: {named(clients)}.",
                "It speaks newer versions: see that its callers do, then switch version 1 off on both sides."
                if other
                else f"Ask {server.maker} for a release that speaks SMB 3; then switch version 1 off on both sides.",
                "Where a device cannot, let only that device reach the server, from a zone of its own.",
            ),
            "Switch SMB version 1 off on these servers; move what needs it to version 3, or fence it in",
        ),
        why=f"{opening(clients, 'computer')} used SMB version 1 with {server.placed}. {_means(server, other)}",
    )


def _means(server: Party, other: str) -> str:
    if other:
        return (
            f"{server.begins} shows {other}, which does not have the holes that worms used. But the version is old: it does not encrypt,"
            " and what is not signed can be changed on its way."
        )
    unknown = "" if all(map(_system, server.assets)) and server.assets else " Its system is not known, so it may have them."
    return f"Windows has holes in this version, up to Windows 10 1607 and Server 2016, that attackers are known to use.{unknown}"


def _without_holes(server: Party) -> str:
    """The systems at the address if each of them is known, and known not to have the holes."""
    systems = [_system(asset) for asset in server.assets]
    return " or ".join(dict.fromkeys(systems)) if all(name and _WITHOUT_HOLES.match(name) for name in systems) else ""


def _system(asset: Asset) -> str:
    known = [fact for fact in asset.attributes if fact.name == "system" and fact.confidence >= SURE]
    return max(known, key=lambda fact: (fact.confidence, fact.value)).value if known else ""


def _harms_of_a_worm(server: Party) -> dict[HarmKind, Harm]:
    return five(
        safety=(SAFETY_OF[server.weight], "If it is locked for ransom, care has to wait."),
        privacy=(2, "The old version neither encrypts nor protects what is sent."),
        integrity=(2, "Files can be changed on their way."),
        service=(3, "Worms that use it have stopped whole hospitals."),
        money_and_trust=(3, "Recovery from such a worm takes weeks."),
    )


def _harms_on_the_way(server: Party) -> dict[HarmKind, Harm]:
    return five(
        safety=(min(1, SAFETY_OF[server.weight]), "A changed file can mislead those who treat."),
        privacy=(2, "Files can be read on their way."),
        integrity=(2, "Files can be changed on their way."),
        service=(1, "Who changes what passes can keep staff from their files."),
        money_and_trust=(1, "Insurers and auditors ask for such servers."),
    )


CHECK = Check(
    id=ID,
    title="SMB version 1",
    looks_for="Shares opened, files used and sessions that went on over SMB1; whether the server's system is one with known holes in it.",
    cannot_see="Servers that would speak it if asked: only what was used is seen; whether a server has been set to turn it down since;"
    " whether a Windows of then has been mended.",
    streams=(
        "smb_mapping",
        "smb_files",
    ),
    harms=(HarmKind.SERVICE, HarmKind.MONEY_AND_TRUST, HarmKind.INTEGRITY, HarmKind.SAFETY),
    references=(
        "HICP 2023 practice 7 Vulnerability Management",
        "NIST CSF 2.0 PR.PS-02",
        "MS-CIFS",
        "Microsoft MS17-010",
        "CISA KEV CVE-2017-0143 to CVE-2017-0148",
        "ATT&CK T1210 Exploitation of Remote Services",
        "ATT&CK T1021.002 SMB/Windows Admin Shares",
    ),
    run=run,
)
