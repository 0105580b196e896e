"""DICOM nodes that let in callers of any title (AE title checking is the only lock that most nodes have; PS3.8 9.3.4, Table 9-21).

One acceptance proves little, since any title may be on the node's list. Sound evidence, each without user identity (PS3.7 D.3.3.7):

* it let in a title that tools use when nobody set one: whoever asks gets in;
* it let in three or more titles from one address with one implementation: one program under several names. An adapter speaks for several
  devices, so titles do not count that the hospital has stated for the address, or whose images show the equipment behind them;
* it let in a title that is not among those stated for that address, and no images show the equipment that goes by it.

What a stranger may do there shows only where a node gave or took something: many let anyone ask whether they are there (C-ECHO, PS3.4 A).

A node that has since turned down a caller for its title checks titles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Excused,
    Exploitation,
    Harm,
    HarmKind,
    Kind,
    Look,
    Party,
    Points,
    Proposal,
    Row,
    Sight,
    Sighting,
    five,
    gather,
    listed,
    mended,
)
from asepsis.hospital.service import TITLES_OF_TOOLKITS

ID = "dicom-any-caller"
FAULT = "can fetch or plant scans, because callers are not checked"
FAULT_UNKNOWN = "Callers are not checked; whether they can fetch or plant scans was not seen"
TITLES_OF_ONE = 3

# Success, pending and warnings: PS3.7 Annex C.
_ACCEPTED = """
    select server, port, called_ae, client, calling_ae, program, max(served) as served, {span} from (
        select a.id_resp_h as server, a.id_resp_p as port, a.called_ae, a.id_orig_h as client, a.calling_ae, a.ts, a.event_id,
               coalesce(a.calling_implementation_class_uid, '') || ' ' || coalesce(a.calling_implementation_version, '') as program,
               case when m.uid is not null then 1 else 0 end as served
        from dicom_association as a left join (
            select distinct uid from dicom_message
            where command in ('C-STORE-RSP', 'C-FIND-RSP', 'C-MOVE-RSP', 'C-GET-RSP')
                  and (status in (0, 65280, 65281) or status between 45056 and 49151)
        ) as m on m.uid = a.uid
        where (a.result in ('accepted', 'released') or a.dimse_messages > 0)
              and a.calling_ae is not null and coalesce(a.user_identity, 'none') = 'none'
    ) as seen group by server, port, called_ae, client, calling_ae, program
"""
_REFUSED = """
    select id_resp_h as server, id_resp_p as port, called_ae, reject_reason, {span}
    from dicom_association where result = 'rejected' group by id_resp_h, id_resp_p, called_ae, reject_reason
"""
# PS3.8 Table 9-21: source 1, reason 3.
_CALLER_NOT_KNOWN = frozenset({"3", "calling-ae-title-not-recognized"})

Node = tuple[str, str]
_SHOWS = {
    "tool": "{} is what a tool calls itself when nobody has set a name",
    "several": "one program called itself {}",
    "unstated": "{} is not stated for the address that it came from",
}
"""How it shows that titles are not checked."""


def run(look: Look) -> list[Proposal]:
    return [_proposal(node, sighting, look) for node, sighting in _open_nodes(look).items()]


def clears(look: Look) -> list[Cleared]:
    bad = [Sight(*node, None, sighting.last_seen, sighting.events[-1]) for node, sighting in _open_nodes(look).items()]
    good = [
        Sight(*_node(row, look), None, row["last_seen"], row["last_event"])
        for row in (look.rows(_REFUSED) if bad else ())
        if str(row["reject_reason"]).lower().replace(" ", "-") in _CALLER_NOT_KNOWN
    ]
    return mended(ID, bad, good, "It has turned down a caller for its title since.")


def excuses(look: Look) -> list[Excused]:
    found = gather(((row["calling_ae"], row["client"]), row) for row in look.rows(_ACCEPTED) if _stated(row, look))
    return [Excused(f"the hospital states that {title} calls from {client}", s.events) for (title, client), s in found.items()]


def _node(row: Row, look: Look) -> Node:
    return _server(row, look).key, str(row["port"])


def _server(row: Row, look: Look) -> Party:
    return look.at(row["server"], row["called_ae"])


def _open_nodes(look: Look) -> dict[Node, Sighting]:
    by_node: defaultdict[Node, list[Row]] = defaultdict(list)
    for row in look.rows(_ACCEPTED):
        by_node[_node(row, look)].append(row)
    return gather((node, row) for node, found in by_node.items() for row in _telling(found, look))


def _telling(found: list[Row], look: Look) -> Iterable[Row]:
    """The acceptances that show that titles are not checked, with what shows it."""
    unstated = [row for row in found if not _stated(row, look)]
    unshown = [row for row in unstated if not _is_equipment(look.at(row["client"], row["calling_ae"]))]
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in unshown:
        names[row["client"], row["program"]].add(row["calling_ae"])
    several = {caller for caller, titles in names.items() if len(titles) >= TITLES_OF_ONE}
    yield from (row | {"shows": "tool"} for row in unstated if row["calling_ae"].upper() in TITLES_OF_TOOLKITS)
    for row in unshown:
        if row["calling_ae"].upper() in TITLES_OF_TOOLKITS:
            continue
        if (row["client"], row["program"]) in several:
            yield row | {"shows": "several"}
        elif look.parties.stated_titles(row["client"]):
            yield row | {"shows": "unstated"}


def _stated(row: Row, look: Look) -> bool:
    return row["calling_ae"] in look.parties.stated_titles(row["client"])


def _is_equipment(caller: Party) -> bool:
    return caller.asset is not None and bool(caller.asset.model or caller.asset.serial)


def _proposal(node: Node, sighting: Sighting, look: Look) -> Proposal:
    server = _server(sighting.rows[0], look)
    callers = {row["client"]: look.at(row["client"]) for row in sighting.rows}
    anyone = look.parties.anyone(server, *callers.values())
    served = any(row["served"] for row in sighting.rows)
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=node[0],
        title=f"{anyone} can fetch or plant scans in {server.name}: it does not check who calls"
        if served
        else f"{server.opening} accepts callers it does not know; whether they can fetch or plant scans was not seen",
        fault=f"{anyone} {FAULT}" if served else FAULT_UNKNOWN,
        harms=_harms(server) if served else _harms_unknown(),
        points=Points(Exploitation.NONE, look.parties.exposure(server, *callers.values()), Automatable.YES),
        action=Action(
            f"Let {server.name} accept only the callers on a list (titles with their addresses), and let the firewall allow only those",
            Effort.HOURS,
            (
                "List the titles and addresses that work with it: the inventory shows them.",
                f"Switch on title checking at port {node[1]}; ask {server.maker} where it is set and whether it can ask for certificates.",
                "If one address speaks for several devices, state their titles in site.toml: they are then left out here.",
            ),
            "Let each of them accept only the callers on a list, and let the firewall allow only those",
        ),
        why=f"{server.begins} let in callers at port {node[1]} that it cannot know: {_shown(sighting)}. A node that checks its callers"
        f" would have turned them down.{'' if served else ' What they may do there was not seen: nothing was given or taken.'}",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=node[1],
        zone=server.zone,
        asset_kind=server.kind_told,
        events=sighting.events,
        patients=look.patients(server),
        assets=server.ids,
    )


def _shown(sighting: Sighting) -> str:
    """What shows that titles are not checked, as far as it applied."""
    titles = {how: listed(sorted({row["calling_ae"] for row in sighting.rows if row["shows"] == how})) for how in _SHOWS}
    return "; ".join(words.format(titles[how]) for how, words in _SHOWS.items() if titles[how])


def _harms(server: Party) -> dict[HarmKind, Harm]:
    return five(
        safety=(max(2, SAFETY_OF[server.weight]), "A false scan can lead to wrong care."),
        privacy=(3, "Any caller may get scans and lists of patients."),
        integrity=(3, "Whoever reaches it may put false scans among the real ones."),
        service=(2, "It can be filled up or kept busy by anyone."),
        money_and_trust=(2, "Stolen or false scans have to be reported and cost trust."),
    )


def _harms_unknown() -> dict[HarmKind, Harm]:
    """Of a node that let strangers in and was not seen to do more for them."""
    return five(
        safety=(1, "If it takes a false scan, that can lead to wrong care."),
        privacy=(2, "Callers may be able to get scans and names."),
        integrity=(2, "False scans may get in among the real ones."),
        service=(1, "It can be kept busy by anyone."),
        money_and_trust=(1, "Somebody has to find out what a stranger may do there."),
    )


CHECK = Check(
    id=ID,
    title="DICOM node that accepts callers of any title",
    looks_for="Associations accepted without user identity from default titles of tools, titles not stated, or many titles of one program.",
    cannot_see="A node that no stranger has tried; titles inside TLS; what a node would do for a caller that asked it for nothing.",
    streams=("dicom_association",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST CSF 2.0 PR.AA-03",
        "DICOM PS3.8 Table 9-21",
        "DICOM PS3.7 D.3.3.7 User Identity",
        "ATT&CK T1078 Valid Accounts",
        "CWE-306",
    ),
    run=run,
    clears=clears,
    excuses=excuses,
)
