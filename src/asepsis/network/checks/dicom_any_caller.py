"""DICOM nodes that let in callers of any title (AE title checking is the only lock that most nodes have; PS3.8 9.3.4, Table 9-21).

One acceptance proves little, since any title may be on the node's list. Sound evidence, each without user identity (PS3.7 D.3.3.7):

* it let in a title that tools use when nobody set one: whoever asks gets in;
* it let in three or more titles from one address with one implementation: one program under several names. An adapter speaks for several
  devices, so titles do not count that the hospital has stated for the address, or whose images show the equipment behind them;
* it let in a title that is not among those stated for that address, and no images show the equipment that goes by it.

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
    mended,
)
from asepsis.hospital.service import TITLES_OF_TOOLKITS

ID = "dicom-any-caller"
FAULT = "can fetch or plant scans, because callers are not checked"
TITLES_OF_ONE = 3

_ACCEPTED = """
    select server, port, called_ae, client, calling_ae, program, {span} from (
        select id_resp_h as server, id_resp_p as port, called_ae, id_orig_h as client, calling_ae, ts, event_id,
               coalesce(calling_implementation_class_uid, '') || ' ' || coalesce(calling_implementation_version, '') as program
        from dicom_association
        where (result in ('accepted', 'released') or dimse_messages > 0)
              and calling_ae is not null and coalesce(user_identity, 'none') = 'none'
    ) as seen group by server, port, called_ae, client, calling_ae, program
"""
_REFUSED = """
    select id_resp_h as server, id_resp_p as port, called_ae, reject_reason, {span}
    from dicom_association where result = 'rejected' group by id_resp_h, id_resp_p, called_ae, reject_reason
"""
# PS3.8 Table 9-21: source 1, reason 3.
_CALLER_NOT_KNOWN = frozenset({"3", "calling-ae-title-not-recognized"})

Node = tuple[str, str]


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
    """The acceptances that show that titles are not checked."""
    unstated = [row for row in found if not _stated(row, look)]
    unshown = [row for row in unstated if not _is_equipment(look.at(row["client"], row["calling_ae"]))]
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in unshown:
        names[row["client"], row["program"]].add(row["calling_ae"])
    several = {caller for caller, titles in names.items() if len(titles) >= TITLES_OF_ONE}
    yield from (row for row in unstated if row["calling_ae"].upper() in TITLES_OF_TOOLKITS)
    for row in unshown:
        if row["calling_ae"].upper() not in TITLES_OF_TOOLKITS and (
            (row["client"], row["program"]) in several or look.parties.stated_titles(row["client"])
        ):
            yield row


def _stated(row: Row, look: Look) -> bool:
    return row["calling_ae"] in look.parties.stated_titles(row["client"])


def _is_equipment(caller: Party) -> bool:
    return caller.asset is not None and bool(caller.asset.model or caller.asset.serial)


def _proposal(node: Node, sighting: Sighting, look: Look) -> Proposal:
    server = _server(sighting.rows[0], look)
    callers = {row["client"]: look.at(row["client"]) for row in sighting.rows}
    anyone = look.parties.anyone(server, *callers.values())
    titles = sighting.values("calling_ae")
    shown = ", ".join(titles[:5]) + (f" and {len(titles) - 5} more" if len(titles) > 5 else "")
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=node[0],
        title=f"{anyone} can fetch or plant scans in {server.name}: it does not check who calls",
        fault=f"{anyone} {FAULT}",
        harms=five(
            safety=(max(2, SAFETY_OF[server.weight]), "A false scan can lead to wrong care."),
            privacy=(3, "Any caller may get scans and lists of patients."),
            integrity=(3, "Whoever reaches it may put false scans among the real ones."),
            service=(2, "It can be filled up or kept busy by anyone."),
            money_and_trust=(2, "Stolen or false scans have to be reported and cost trust."),
        ),
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
        why=f"{server.opening} let in {shown} at port {node[1]}: names that a tool uses by default, that are not stated for the address, or"
        f" {TITLES_OF_ONE} and more for one program. A node that checks its callers would have turned them down.",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=node[1],
        zone=server.zone,
        asset_kind=server.kind,
        events=sighting.events,
        patients=look.patients(server),
        assets=server.ids,
    )


CHECK = Check(
    id=ID,
    title="DICOM node that accepts callers of any title",
    looks_for="Associations accepted without user identity from default titles of tools, titles not stated, or many titles of one program.",
    cannot_see="A node that no stranger has tried; titles inside TLS; what a node does with a caller after it let it in.",
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
