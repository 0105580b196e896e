"""The program behind an AE title changed (Implementation Class UID and version, PS3.7 D.3.3.2): A until some time, B ever since.

Two programs that share a title take turns, so only a change for good counts, towards the same partner and for the same sort of work. The
beginning of the UID names who wrote the program (PS3.5 9.1): the same maker is an upgrade; another may be a stranger in its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Effort,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Row,
    five,
    gather,
    posture,
)
from asepsis.hospital.service import TITLES_OF_PROGRAMS

ID = "program-changed"
# So often each program must have been seen: a scanner that starts its second program for the first time of the day is no change.
TIMES = 3

# What a node does for one partner with one program (storing) says nothing of what it does with another (asking for worklists).
_PROGRAMS = """
    select side, title, address, partner, stores, program, version, count(*) as times, {span} from (
        select 'calls' as side, calling_ae as title, id_orig_h as address, id_resp_h as partner,
               array_to_string(proposed_abstract, ' ') like '%1.2.840.10008.5.1.4.1.1.%' as stores,
               calling_implementation_class_uid as program, coalesce(calling_implementation_version, '') as version, ts, event_id
        from dicom_association where result in ('accepted', 'released') or dimse_messages > 0
        union all
        select 'answers' as side, called_ae as title, id_resp_h as address, id_orig_h as partner, false as stores,
               called_implementation_class_uid as program, coalesce(called_implementation_version, '') as version, ts, event_id
        from dicom_association where result in ('accepted', 'released') or dimse_messages > 0
    ) as seen where title is not null and program is not null
    group by side, title, address, partner, stores, program, version
"""

Name = tuple[str, str, str]


def run(look: Look) -> list[Proposal]:
    parties = dict[str, Party]()
    work: defaultdict[tuple[Name, str, bool], list[Row]] = defaultdict(list)
    for row in look.rows(_PROGRAMS):
        party = look.at(row["address"], row["title"])
        if row["title"].strip().upper() not in TITLES_OF_PROGRAMS and party.asset and look.locator.machine(row["address"]):
            parties[party.key] = party
            work[(party.key, row["side"], row["title"]), row["partner"], row["stores"]].append(row)
    changes: defaultdict[Name, list[Row]] = defaultdict(list)
    for (name, _, _), rows in work.items():
        changes[name].extend(_changed(rows))
    return [
        _proposal(Fault(parties[name[0]], f"{name[1]} {name[2]}", sighting), look)
        for name, sighting in sorted(gather((name, row) for name, found in changes.items() for row in found).items())
    ]


def _changed(rows: list[Row]) -> Iterator[Row]:
    """The last program before a change and the one since, if the first was never seen again."""
    spans: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        spans[row["program"], row["version"]].append(row)
    order = sorted(spans.values(), key=lambda found: min(row["first_seen"] for row in found))
    if len(order) < 2:
        return
    before, since = order[-2:]
    ended = max(row["last_seen"] for found in order[:-1] for row in found)
    if ended < min(row["first_seen"] for row in since) and all(sum(row["times"] for row in found) >= TIMES for found in (before, since)):
        yield from before
        yield from since


def maker(program: str) -> str:
    """Who wrote it: the arcs of the UID up to the organisation's, as registered under ANSI (1.2.840), DIN (1.2.276.0) and others, IANA
    (1.3.6.1.4.1) and Medical Connections (1.2.826.0.1.3680043, with sub-roots below 8, 9 and 10)."""
    arcs = program.split(".")
    if arcs[:7] == ["1", "2", "826", "0", "1", "3680043"]:
        arcs = arcs[: 9 if arcs[7:8] and arcs[7] in ("8", "9", "10") else 8]
    elif arcs[:6] == ["1", "3", "6", "1", "4", "1"]:
        arcs = arcs[:7]
    else:
        arcs = arcs[: 4 if arcs[:3] in (["1", "2", "840"], ["1", "3", "46"]) else 5]
    return ".".join(arcs)


def _proposal(fault: Fault, look: Look) -> Proposal:
    party, title = fault.party, fault.part.partition(" ")[2]
    latest = max(fault.rows, key=lambda row: (row["first_seen"], row["first_event"]))
    earlier = max(
        (row for row in fault.rows if row["last_seen"] < latest["first_seen"]), key=lambda row: (row["last_seen"], row["last_event"])
    )
    upgrade = maker(latest["program"]) == maker(earlier["program"])
    grave = SAFETY_OF[party.weight]
    old, new = (" ".join(filter(None, (row["program"], row["version"]))) for row in (earlier, latest))
    what = "a new version of its program for scans" if upgrade else "another maker's program for scans than before"
    return posture(
        ID,
        fault,
        look,
        title=f"{party.opening} uses {what}",
        many="Programs for scans have new versions" if upgrade else "Machines use another maker's program for scans than before",
        harms=five(
            safety=(0 if upgrade else min(2, grave), "A stranger in its place could send false scans."),
            privacy=(0 if upgrade else 2, "A stranger in its place could be given scans."),
            integrity=(1 if upgrade else 2, "What it sends may not be from the program we trust."),
            service=(1, "A change that nobody planned may have to be taken back."),
            money_and_trust=(1, "A change of a medical device has to be on record."),
        ),
        action=Action(
            f"Ask who changed the program of {party.name}, and note the new version in the device file",
            Effort.MINUTES,
            (
                f"Since {latest['first_seen']:%Y-%m-%d %H:%M} UTC it names itself {new}, before that {old}.",
                f"Ask {party.maker} and the department: was there an upgrade or an exchange on that day?",
                f"If nobody knows of one, look at the machine at {latest['address']} before it is trusted again.",
            ),
            "Ask who changed the programs of these machines, and note the new versions in the device file",
        ),
        why=f"{party.begins}, as {title}, named its program {old} until {earlier['last_seen']:%Y-%m-%d %H:%M} UTC and {new} ever since. "
        + ("Both come from the same maker, so it looks like an upgrade." if upgrade else "They come from different makers."),
        peers=fault.parties(look, "partner"),
    )


CHECK = Check(
    id=ID,
    title="Another program behind a known AE title",
    looks_for="Implementation UIDs or versions of one asset and title that changed for good, for one partner and one sort of work.",
    cannot_see="A stranger that copies the old program's names; a change before the sensor listened; programs that take turns.",
    streams=("dicom_association",),
    harms=(HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.PRIVACY),
    references=(
        "HICP 2023 practice 5 IT Asset Management",
        "NIST CSF 2.0 ID.AM-02",
        "DICOM PS3.7 D.3.3.2",
        "DICOM PS3.5 9.1",
        "ATT&CK T1036 Masquerading",
    ),
    run=run,
)
