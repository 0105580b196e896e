"""Logins whose proof can be turned into the password: LM and NTLM version 1 (MS-NLMP 3.3.1, 8)."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Cleared,
    Effort,
    Exploitation,
    Fault,
    HarmKind,
    Look,
    Proposal,
    cleared,
    faults,
    five,
    named,
    nothing,
    opening,
    posture,
)  # fmt: skip

ID = "old-logins"
FAULT = "Logins are proven in a way from which the password can be found"

_TALKS = """
    select id_resp_h as server, id_orig_h as client, ntlm_version, account, {{span}} from ntlm
    where ntlm_version is not null and ntlm_version not in ('anonymous', 'NTLMv2') and {which}
    group by id_resp_h, id_orig_h, ntlm_version, account
"""
_TAKEN = _TALKS.format(which="coalesce(success, true)")
# STATUS_NTLM_BLOCKED (MS-ERREF 2.3.1). Any other refusal may be a wrong password.
_BLOCKED = _TALKS.format(which="not success and account is not null and status = 3221226520")


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _TAKEN, part=nothing)]


def clears(look: Look) -> list[Cleared]:
    """A login by the newer version shows that the caller was changed, and not what the server takes."""
    why = "Everyone who logged in the old way has been turned down since, because it is switched off."
    return cleared(ID, look, _TAKEN, _BLOCKED, why, part=nothing, peer=lambda row: (row["client"], row["account"]))


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    ways = fault.listed("ntlm_version")
    return posture(
        ID,
        fault,
        look,
        title=f"{server.opening} takes logins from which the password can be found",
        many=FAULT,
        why=f"{opening(clients, 'machine')} logged in to {server.placed} by {ways}."
        " Whoever listens finds the password from that within hours.",
        harms=five(
            safety=(min(1, SAFETY_OF[server.weight]), "With the login one gets at devices that take the same."),
            privacy=(2, "The login opens files and records."),
            integrity=(2, "With the login files and settings can be changed."),
            service=(2, "Ransom gangs spread with logins that they found this way."),
            money_and_trust=(1, "Passwords have to be changed everywhere they are used."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        peers=clients,
        others=clients,
        action=Action(
            f"Let {server.name} take NTLM version 2 only, after its callers can do that",
            Effort.DAYS,
            (
                f"Set the callers first: {named(clients, 5)}. Windows: LmCompatibilityLevel 5; Samba: 'client ntlmv2 auth' on.",
                f"Old devices may know only the old way: ask {server.maker} or the maker of the caller for a release.",
                "Where one cannot, give it an account of its own that opens nothing else.",
            ),
            "Let them take NTLM version 2 only, after their callers can do that",
        ),
    )


CHECK = Check(
    id=ID,
    title="NTLM version 1",
    looks_for="Logins by LM or NTLM version 1, with or without extended session security, over SMB and HTTP.",
    cannot_see="Logins inside TLS or encrypted SMB; logins by Kerberos, which are not meant; what a server would also take: a caller"
    " who uses version 2 by now clears nothing.",
    streams=("ntlm",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 3 Identity and Access Management",
        "NIST CSF 2.0 PR.AA-03",
        "MS-NLMP 3.3.1",
        "ATT&CK T1557.001 LLMNR/NBT-NS Poisoning and SMB Relay",
        "CWE-327 Use of a Broken or Risky Cryptographic Algorithm",
    ),
    run=run,
    clears=clears,
)
