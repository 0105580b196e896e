"""File servers that do not demand signed messages (MS-SMB2 2.2.4 SecurityMode): a login that is relayed to them opens files.

Servers of version 1 have a graver finding (smb1). Domain controllers demand signatures by default; one that does not is no exception.
"""

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
    Party,
    Proposal,
    cleared,
    faults,
    five,
    named,
    nothing,
    opening,
    posture,
)

ID = "smb-signing-off"

# Of a share that demands encryption every message is sealed, and a guest has nothing to sign with.
_SHARES = """
    select client, server, {{span}} from (
        select id_orig_h as client, id_resp_h as server, ts, event_id
        from smb_mapping
        where share_type = 'DISK' and version <> 'SMB1' and coalesce(status, 0) = 0 and {which}
    ) as seen group by client, server
"""
_UNSIGNED = _SHARES.format(
    which="not signing_required and not coalesce(encrypted, false) and not coalesce(guest, false) and not coalesce(anonymous, false)"
)
_SIGNED = _SHARES.format(which="signing_required")


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _UNSIGNED, part=nothing, counts=_counts)]


def clears(look: Look) -> list[Cleared]:
    return cleared(ID, look, _UNSIGNED, _SIGNED, "It demands signed messages now.", part=nothing)


def _counts(server: Party) -> bool:
    """A printer's share is for scans that wait: nobody's files are at stake."""
    return server.clinical and server.kind not in ("printer", "adapter")


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    return posture(
        ID,
        fault,
        look,
        title=f"{server.opening} shares files and does not insist on signed requests",
        many="File servers do not insist on signed requests",
        harms=five(
            safety=(min(1, SAFETY_OF[server.weight]), "Files that care needs could be changed."),
            privacy=(2, "Who tricks one user can read that one's files."),
            integrity=(2, "Who tricks one user can change that user's files here."),
            service=(2, "Ransom gangs spread from one machine to the next this way."),
            money_and_trust=(1, "It is an item that insurers and auditors ask for."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        peers=clients,
        action=Action(
            f"Let {server.name} demand signed messages for its shares",
            Effort.HOURS,
            (
                "Windows: policy 'Microsoft network server: Digitally sign communications (always)'; Samba: server signing = mandatory.",
                f"Try it with {named(clients)} first: very old devices and copiers cannot sign.",
                f"On a device of a maker ask {server.maker} before: it may have to be theirs to change.",
            ),
            "Let these servers demand signed messages for their shares",
        ),
        why=f"{opening(clients, 'computer')} opened shares on {server.placed}, which says that"
        " messages need no signature. Public programs pass on a login to such a server and act in its name.",
    )


CHECK = Check(
    id=ID,
    title="SMB signing not required",
    looks_for="Servers whose shares were opened by a user and that do not demand signed messages; cleared when they do.",
    cannot_see="Servers that nobody opened a share on; whether messages were signed all the same.",
    streams=("smb_mapping",),
    harms=(HarmKind.SERVICE, HarmKind.PRIVACY, HarmKind.INTEGRITY),
    references=(
        "HICP 2023 practice 2 Endpoint Protection Systems",
        "NIST CSF 2.0 PR.PS-01",
        "MS-SMB2 2.2.4",
        "MS-SMB2 3.3.5.4",
        "ATT&CK T1557.001 LLMNR/NBT-NS Poisoning and SMB Relay",
    ),
    run=run,
    clears=clears,
)
