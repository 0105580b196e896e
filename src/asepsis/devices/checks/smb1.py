"""File servers that still speak SMB version 1 (MS-CIFS, "NT LM 0.12"), the way WannaCry went through hospitals in 2017."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Effort,
    Exploitation,
    Fault,
    HarmKind,
    Look,
    Proposal,
    counted,
    faults,
    five,
    named,
    nothing,
    posture,
)

ID = "smb1"
FAULT = "An outdated way to share files is in use, by which a worm can spread"

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
    shares = "shares files in an outdated way" if any(row["shared"] for row in fault.rows) else "speaks an outdated way to share files,"
    return posture(
        ID,
        fault,
        look,
        title=f"{server.opening} {shares} by which a worm can spread",
        many=FAULT,
        harms=five(
            safety=(SAFETY_OF[server.weight], "If it is locked for ransom, care has to wait."),
            privacy=(2, "The old version neither encrypts nor protects what is sent."),
            integrity=(2, "Files can be changed on their way."),
            service=(3, "Worms that use it have stopped whole hospitals."),
            money_and_trust=(3, "Recovery from such a worm takes weeks."),
        ),
        # CISA lists the ways in through this version as exploited, by ransomware too (KEV, CVE-2017-0143 to CVE-2017-0148).
        exploitation=Exploitation.ACTIVE,
        automatable=Automatable.YES,
        peers=clients,
        others=clients,
        action=Action(
            f"Switch SMB version 1 off on {server.name}; move what needs it to version 3, or fence it in",
            Effort.DAYS,
            (
                f"Find what the callers need: {named(clients)}.",
                f"Ask {server.maker} for a release that speaks SMB 3; then switch version 1 off on both sides.",
                "Where a device cannot, let only that device reach the server, from a zone of its own.",
            ),
            "Switch SMB version 1 off on these servers; move what needs it to version 3, or fence it in",
        ),
        why=f"{counted(len(clients), 'computer')} ({named(clients)}) used SMB version 1 with {server.name} ({server.address})."
        " Programs that break in through this version are public, and attackers are known to use them.",
    )


CHECK = Check(
    id=ID,
    title="SMB version 1",
    looks_for="Shares opened, files used and sessions that went on over SMB1.",
    cannot_see="Servers that would speak it if asked: only what was used is seen; whether a server has been set to turn it down since.",
    streams=(
        "smb_mapping",
        "smb_files",
    ),
    harms=(HarmKind.SERVICE, HarmKind.MONEY_AND_TRUST, HarmKind.INTEGRITY, HarmKind.SAFETY),
    references=(
        "HICP 2023 practice 7 Vulnerability Management",
        "NIST CSF 2.0 PR.PS-02",
        "MS-CIFS",
        "CISA KEV CVE-2017-0143 to CVE-2017-0148",
        "ATT&CK T1210 Exploitation of Remote Services",
        "ATT&CK T1021.002 SMB/Windows Admin Shares",
    ),
    run=run,
)
