"""Windows machines that ask everybody for names: LLMNR (RFC 4795) and NetBIOS (RFC 1002 4.2.12). Whoever answers first is believed, and
is then given the asker's login to try (RFC 4795 5.1). Multicast DNS is not meant: printers and Apple devices live on it.
"""

from __future__ import annotations

from ipaddress import ip_address

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
    Row,
    Scope,
    faults,
    five,
    large,
    named,
    nothing,
    posture,
)
from asepsis.hospital.service import address_of

ID = "names-asked-aloud"
# Machines that ask so by nature, hold no login worth relaying, and cannot be told otherwise.
_LEFT_OUT = frozenset({"printer", "phone", "camera", "network gear", "adapter", "building control"})
ASKED = "Machines ask everyone nearby for names, so their logins can be stolen"
ANSWERED = "Machines answer nearby who asks for their names, a way that attackers use"
FALSE = "Machines answer nearby for names of others, as attackers do to take logins"
NAMES = {"llmnr": "LLMNR", "nbns": "NetBIOS"}

# Questions, and answers that came from another than was asked, which shows that all were: `target` is whom the question went to. A name
# server (WINS) answers in the row of the question (`rtt`); registrations are neither. As a domain (1B to 1E) several may answer.
_ASKED = """
    select machine, target, asker, flavor, answers, max(wpad) as wpad, min(name) as first_name, max(name) as last_name, {span} from (
        select id_orig_h as machine, id_resp_h as target, case when rcode = 0 and rtt is null then id_resp_h end as asker, flavor,
               coalesce(rcode, 1) = 0 and rtt is null as answers, case when lower(query) = 'wpad' then 1 else 0 end as wpad,
               lower(query) as name, ts, event_id
        from dns where flavor = 'llmnr' and coalesce(opcode, 0) = 0
        union all
        select id_orig_h as machine, id_resp_h as target, cast(null as varchar(1)) as asker, flavor, false as answers, 0 as wpad,
               cast(null as varchar(1)) as name, ts, event_id
        from dns where flavor = 'nbns' and coalesce(opcode, 0) = 0 and qtype_name = 'NB' and rcode is null
        union all
        select a.id_orig_h as machine, q.target, a.id_resp_h as asker, a.flavor, true as answers,
               case when lower(a.query) like 'wpad<%' then 1 else 0 end as wpad,
               case when a.query like '%<00>' or a.query like '%<20>' then lower(substring(a.query, 1, length(a.query) - 4)) end as name,
               a.ts, a.event_id
        from dns as a join (
            select id_orig_h, trans_id, query, max(id_resp_h) as target from dns
            where flavor = 'nbns' and coalesce(opcode, 0) = 0 and qtype_name = 'NB' and rcode is null group by id_orig_h, trans_id, query
        ) as q on q.id_orig_h = a.id_resp_h and q.trans_id = a.trans_id and q.query = a.query
        where a.flavor = 'nbns' and coalesce(a.opcode, 0) = 0 and a.qtype_name = 'NB' and a.rcode = 0 and a.rtt is null
              and q.target <> a.id_orig_h
    ) as seen group by machine, target, asker, flavor, answers
"""


def run(look: Look) -> list[Proposal]:
    rows = look.rows(_ASKED)
    answered = {row["target"] for row in rows if row["answers"]}
    aloud = [row for row in rows if row["answers"] or row["flavor"] != "nbns" or row["target"] in answered or _to_all(row["target"], look)]
    found = faults(look, aloud, who="machine", part=nothing)
    return [_proposal(fault, look) for fault in found if _worth_it(fault.party) or _for_others(fault)]


def _worth_it(party: Party) -> bool:
    return party.clinical and party.kind not in _LEFT_OUT


def _to_all(target: str, look: Look) -> bool:
    """Whether an address is a broadcast's: of a zone, or of a usual size of network; of a small one only if no machine is known there."""
    ip = ip_address(address_of(target))
    if any(ip == network.broadcast_address for zone in look.plan.zones for network in zone.cidrs):
        return True
    last = ip.packed[-1]
    return ip.version == 4 and (last in (255, 191, 127, 63) or (last & 7 == 7 and not look.at(target).assets))


def _for_others(fault: Fault) -> bool:
    """Whether it answered for what no machine should be called, or for more than one name."""
    given = _answers(fault)
    names = {row[end] for row in given for end in ("first_name", "last_name")} - {None}
    return any(row["wpad"] for row in given) or len(names) > 1


def _answers(fault: Fault) -> list[Row]:
    return [row for row in fault.rows if row["answers"]]


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a machine that asked nobody for a while may have had nothing to ask."""
    party, false = fault.party, _for_others(fault)
    ways = " and ".join(NAMES[flavor] for flavor in fault.sighting.values("flavor"))
    askers = fault.parties(look, "asker")
    return posture(
        ID,
        fault,
        look,
        title=_title(fault, false),
        many=FALSE if false else ANSWERED if len(_answers(fault)) == len(fault.rows) else ASKED,
        harms=five(
            safety=(min(1, SAFETY_OF[party.weight]), "A stolen login can open devices that treat patients."),
            privacy=(2, "A stolen login opens files and records."),
            integrity=(1, "With a stolen login files can be changed."),
            service=(2, "Ransom gangs often take their first login this way."),
            money_and_trust=(1, "Stolen logins have to be changed everywhere."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        automatable=Automatable.YES,
        others=askers,
        action=_find_out(party, askers) if false else _switch_off(party, ways),
        why=f"{large(party.seen_at(fault.sighting.values('machine')))} {_did(fault, askers)} by {ways}, which reaches all nearby."
        f"{_what_for(fault, false)} Public programs answer in place of the right machine and take the login that follows.",
    )


def _title(fault: Fault, false: bool) -> str:
    opening = fault.party.opening
    if false:
        return f"{opening} answers nearby for names of others, as attackers do to take logins"
    if len(_answers(fault)) == len(fault.rows):
        return f"{opening} answers nearby who asks for its name, a way that attackers use"
    return f"{opening} asks everyone nearby for names, so its login can be stolen"


def _did(fault: Fault, askers: list[Party]) -> str:
    answered = f"answered {named(askers)}"
    given = len(_answers(fault))
    return "asked" if not given else answered if given == len(fault.rows) else f"asked and {answered}"


def _what_for(fault: Fault, false: bool) -> str:
    """What was answered to; other names are not told, for they may say whose a machine is."""
    if any(row["wpad"] for row in _answers(fault)):
        return " It answered to WPAD, by which browsers look for their way to the web: who gives that out can listen to what they do."
    return " It answered to more than one name." if false else ""


def _find_out(party: Party, askers: list[Party]) -> Action:
    return Action(
        f"Find out why {party.name} answers for names of others; if nobody set it up so, take it off the network",
        Effort.HOURS,
        (
            f"Look who uses {party.name} and what runs on it. A proxy or an old name server may answer so; a program of an attacker does.",
            f"If nobody can say why: treat it as an attack, and change the logins of {named(askers)}, which asked.",
            "Then switch LLMNR and NetBIOS off for all, by group policy and DHCP, so that nobody can answer in this way.",
        ),
        "Find out why they answer for names of others; if nobody set them up so, take them off the network",
    )


def _switch_off(party: Party, ways: str) -> Action:
    return Action(
        f"Switch off {ways} on {party.name}",
        Effort.HOURS,
        (
            "Windows, for all at once by group policy: 'Turn off multicast name resolution' on; NetBIOS off by DHCP.",
            f"On a device that no policy reaches ask {party.maker} first: it may need them to find its own server.",
            "Make sure that the name server knows all names that are needed, wpad too.",
        ),
        "Switch off LLMNR and NetBIOS on these machines by group policy",
    )


CHECK = Check(
    id=ID,
    title="LLMNR and NetBIOS names",
    looks_for="Machines that may touch care and ask for names by LLMNR or NetBIOS broadcast, or answer; not printers or phones, unless"
    " they answer for WPAD or for more than one name.",
    cannot_see="Questions in parts of the network whose broadcasts the sensor does not hear; answers, which"
    " many switches send to the asker alone; whether who answered was meant to.",
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
