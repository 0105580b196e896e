"""One AE title used by two machines at the same time. A title names one application on one system in the network (PS3.8 C.1); PS3.15 H.1.2
has a registry that keeps them apart.

A title that moves is a device that was replaced, or that got another address, as one on wheels does every day: so both must have used it by
turns within an hour. Titles that call and titles that answer are looked at apart, for an archive often sends from another machine than the
one that takes in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Effort,
    Excused,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Row,
    Sighting,
    five,
    gather,
    listed,
    named,
    posture,
)
from asepsis.hospital.service import TITLES_OF_PROGRAMS

ID = "title-twice"

_USED = """
    with used as (
        select 'calls' as side, calling_ae as title, id_orig_h as address, calling_implementation_class_uid as program, ts, event_id
        from dicom_association where result in ('accepted', 'released') or dimse_messages > 0
        union all
        select 'answers' as side, called_ae as title, id_resp_h as address, called_implementation_class_uid as program, ts, event_id
        from dicom_association where result in ('accepted', 'released') or dimse_messages > 0
    )
    select side, title, address, program, date_trunc('hour', ts) as during, {span} from used
    where title in (select title from used group by side, title having count(distinct address) > 1)
    group by side, title, address, program, during
"""

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class User:
    """A machine that goes by a title, with a row for each hour."""

    party: Party
    sighting: Sighting

    def beside(self, other: User) -> bool:
        """Whether one of them used it between two uses of the other, within an hour."""
        hours = {row["during"]: row for row in _hours(other)}
        return any(
            mine["first_seen"] <= theirs["last_seen"] and theirs["first_seen"] <= mine["last_seen"]
            for mine in _hours(self)
            if (theirs := hours.get(mine["during"]))
        )

    def programs(self) -> set[str]:
        return set(self.sighting.values("program"))


def run(look: Look) -> list[Proposal]:
    return [_proposal(name, users, look) for name, users in _shared(look) if not _stated(name, users, look)]


def excuses(look: Look) -> list[Excused]:
    return [
        Excused(
            f"the hospital states that {name[1]} is at {' and '.join(sorted(user.party.address for user in users))}", user.sighting.events
        )
        for name, users in _shared(look)
        if _stated(name, users, look)
        for user in users
    ]


def _shared(look: Look) -> Iterator[tuple[Name, list[User]]]:
    """The titles that several machines used at the same time, the first of them first."""
    for name, users in sorted(_users(look).items()):
        together = [user for user in users if any(user.beside(other) for other in users if other is not user)]
        if len(together) > 1 and not _one_service(name, together):
            yield name, sorted(together, key=lambda user: (user.sighting.first_seen, user.party.key))


def _hours(user: User) -> list[Row]:
    """From when to when it used the title in each hour, by whatever program."""
    hours = gather((row["during"], row) for row in user.sighting.rows)
    return [{"during": hour, "first_seen": found.first_seen, "last_seen": found.last_seen} for hour, found in hours.items()]


def _users(look: Look) -> dict[Name, list[User]]:
    found, parties = list[tuple[tuple[Name, str], Row]](), dict[str, Party]()
    for row in look.rows(_USED):
        party = look.at(row["address"], row["title"])
        own = row["title"].strip().upper() not in TITLES_OF_PROGRAMS and look.locator.machine(row["address"])
        if own and not _stands_for_others(row, look):
            parties[party.key] = party
            found.append((((row["side"], row["title"]), party.key), row))
    users = defaultdict[Name, list[User]](list)
    for (name, key), sighting in gather(found).items():
        users[name].append(User(parties[key], sighting))
    return users


def _stands_for_others(row: Row, look: Look) -> bool:
    """An adapter speaks for the devices behind it, and a router's address for those that it translates."""
    here = look.at(row["address"])
    return len(here.assets) > 1 or here.kind in ("adapter", "network gear") or any(asset.behind for asset in here.assets)


def _one_service(name: Name, users: list[User]) -> bool:
    """Several machines that answer as one archive: nodes of one server of the same kind, with the same program."""
    kinds, programs = {user.party.kind for user in users}, [user.programs() for user in users]
    return (
        name[0] == "answers" and len(kinds) == 1 and "" not in kinds and "unknown" not in kinds and all(p == programs[0] for p in programs)
    )


def _stated(name: Name, users: list[User], look: Look) -> bool:
    return all(name[1] in look.parties.stated_titles(user.party.address) for user in users)


def _proposal(name: Name, users: list[User], look: Look) -> Proposal:
    side, title = name
    first, others = users[0].party, [user.party for user in users[1:]]
    sighting = next(iter(gather(("", row) for user in users for row in user.sighting.rows).values()))
    grave = max(SAFETY_OF[user.party.weight] for user in users)
    takes_in = side == "answers"
    where = listed([user.party.placed for user in users], 4)
    return posture(
        ID,
        Fault(first, f"{side} {title}", sighting),
        look,
        title=f"{first.opening} and {named(others)} go by the same name ({title}) for scans",
        many="Machines go by the same name for scans",
        harms=five(
            safety=(min(2, grave), "A patient's record may get a wrong scan."),
            privacy=(2, "Scans may go to a machine that was not meant." if takes_in else "Whoever takes a known name may be given scans."),
            integrity=(2, "Nobody can tell which of the machines a scan came from."),
            service=(2, "Scans that go to the wrong machine are missing where they are needed."),
            money_and_trust=(1, "Searching for lost scans costs time."),
        ),
        action=Action(
            f"Give each machine a name of its own, and find out who set {title} a second time",
            Effort.HOURS,
            (
                f"Look at {where}: which of them is {title} by right?",
                "A loaner, a copied disk or a test system often keeps the old name. If nobody knows the machine, treat it as an intruder.",
                "If it is a pair where one stands in for the other, state the name with both addresses in site.toml ([[assets]], ae).",
            ),
            "Give each machine a name of its own, and find out who set the second",
        ),
        why=f"{where} each {'answered to' if takes_in else 'called as'}"
        f" {title} by turns within an hour. A name for scans has to be of one machine: others go by it alone.",
        peers=others,
        others=others,
    )


CHECK = Check(
    id=ID,
    title="One AE title on two machines",
    looks_for="AE titles that two machines called from, or answered to, by turns within an hour; not defaults of programs, not adapters.",
    cannot_see="A machine that takes over a name while the other is silent; nodes of one archive with the same program are taken for one.",
    streams=("dicom_association",),
    harms=(HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST CSF 2.0 ID.AM-01",
        "DICOM PS3.8 9.3.2",
        "DICOM PS3.8 C.1",
        "DICOM PS3.15 H.1.2",
        "ATT&CK T1036 Masquerading",
    ),
    run=run,
    excuses=excuses,
)
