"""Windows machines that ask everybody for names: LLMNR (RFC 4795) and NetBIOS (RFC 1002 4.2.12). Whoever answers first is believed, and
is then given the asker's login to try (RFC 4795 5.1). Multicast DNS is not meant: printers and Apple devices live on it.
"""

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
    Party,
    Proposal,
    Scope,
    faults,
    five,
    nothing,
    posture,
)

ID = "names-asked-aloud"
# Machines that ask so by nature, hold no login worth relaying, and cannot be told otherwise.
_LEFT_OUT = frozenset({"printer", "phone", "camera", "network gear", "adapter", "building control"})
NAMES = {"llmnr": "LLMNR", "nbns": "NetBIOS"}

# Questions to all, and answers to such questions; registrations and answers of a name server (WINS) are neither.
_ASKED = """
    select machine, flavor, answers, {span} from (
        select id_orig_h as machine, flavor, coalesce(rcode, 1) = 0 as answers, ts, event_id
        from dns where flavor = 'llmnr' and coalesce(opcode, 0) = 0
        union all
        select id_orig_h as machine, flavor, false as answers, ts, event_id
        from dns
        where flavor = 'nbns' and coalesce(opcode, 0) = 0 and qtype_name = 'NB' and regexp_matches(id_resp_h, '[.](255|191|127|63)$')
    ) as seen group by machine, flavor, answers
"""


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _ASKED, who="machine", part=nothing, counts=_worth_it)]


def _worth_it(party: Party) -> bool:
    return party.clinical and party.kind not in _LEFT_OUT


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a machine that asked nobody for a while may have had nothing to ask."""
    party = fault.party
    ways = " and ".join(NAMES[flavor] for flavor in fault.sighting.values("flavor"))
    only_answers = all(row["answers"] for row in fault.rows)
    verb = "answers" if only_answers else "asks"
    return posture(
        ID,
        fault,
        look,
        title=f"{party.opening} {verb} everyone nearby for names, so its login can be stolen"
        if not only_answers
        else f"{party.opening} answers everyone nearby who asks for names, a way that attackers use",
        many="Machines ask everyone nearby for names, so their logins can be stolen",
        harms=five(
            safety=(min(1, SAFETY_OF[party.weight]), "A stolen login can open devices that treat patients."),
            privacy=(2, "A stolen login opens files and records."),
            integrity=(1, "With a stolen login files can be changed."),
            service=(2, "Ransom gangs often take their first login this way."),
            money_and_trust=(1, "Stolen logins have to be changed everywhere."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        automatable=Automatable.YES,
        action=Action(
            f"Switch off {ways} on {party.name}",
            Effort.HOURS,
            (
                "Windows, for all at once by group policy: 'Turn off multicast name resolution' on; NetBIOS off by DHCP.",
                f"On a device that no policy reaches ask {party.maker} first: it may need them to find its own server.",
                "Make sure that the name server knows all names that are needed, wpad too.",
            ),
            "Switch off LLMNR and NetBIOS on these machines by group policy",
        ),
        why=f"{party.opening} ({fault.listed('machine')}) {'answered' if only_answers else 'asked'} by {ways}, which reaches all nearby."
        " Public programs answer in place of the right machine and take the login that follows.",
    )


CHECK = Check(
    id=ID,
    title="LLMNR and NetBIOS names",
    looks_for="Machines that may touch care and ask for names by LLMNR or NetBIOS broadcast, or answer by LLMNR; not printers or phones.",
    cannot_see="Questions in parts of the network whose broadcasts the sensor does not hear; whether somebody false answered.",
    streams=("dns",),
    harms=(HarmKind.PRIVACY, HarmKind.SERVICE, HarmKind.SAFETY),
    references=(
        "HICP 2023 practice 2 Endpoint Protection Systems",
        "NIST CSF 2.0 PR.PS-01",
        "RFC 4795 5.1",
        "RFC 1002 4.2.12",
        "ATT&CK T1557.001 LLMNR/NBT-NS Poisoning and SMB Relay",
    ),
    run=run,
    scope=Scope("LLMNR or NetBIOS questions", "select count(*) as number from dns where flavor in ('llmnr', 'nbns') having count(*) > 0"),
)
