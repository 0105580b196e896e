"""The way most checks of how things are set up go: a service of a machine shows a fault, and is cleared when it is seen without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .asking import Row
from .finding import Action, Cleared, Kind, Points, Proposal
from .harm import Harm, HarmKind
from .look import Look
from .parties import Party
from .sightings import Sight, Sighting, gather, mended


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on a party: `part` tells several of one party apart (a port, a certificate)."""

    party: Party
    part: str
    sighting: Sighting

    def parties(self, look: Look, column: str = "client") -> list[Party]:
        """Whose the addresses in a column are, each once."""
        return list({party.key: party for party in map(look.at, self.sighting.values(column))}.values())


def port(row: Row) -> str:
    """The part of most faults: the port."""
    return str(row["port"])


def nothing(_row: Row) -> str:
    """The part where a party has the fault or has it not."""
    return ""


def faults(
    look: Look, query: str, who: str = "server", part: Callable[[Row], str] = port, counts: Callable[[Party], bool] | None = None
) -> Iterator[Fault]:
    """What a query finds, by the party at the address in column `who` and the part of it. The internet's addresses are left out.

    The query gives `who`, `who_hint` if the address alone may not tell, the columns of `{span}`, and what the check wants.
    """
    found: dict[tuple[str, str], Party] = {}

    def keyed() -> Iterator[tuple[tuple[str, str], Row]]:
        for row in look.rows(query):
            party = look.at(row[who], row.get(f"{who}_hint"))
            if not look.parties.outside(row[who]) and (counts is None or counts(party)):
                found.setdefault((party.key, part(row)), party)
                yield (party.key, part(row)), row

    sightings = gather(keyed())
    for place in sorted(sightings):
        yield Fault(found[place], place[1], sightings[place])


def cleared(
    check: str,
    look: Look,
    bad: str,
    good: str,
    why: str,
    who: str = "server",
    part: Callable[[Row], str] = port,
    peer: Callable[[Row], Any] = nothing,
) -> list[Cleared]:
    """Parties that every `peer` who met the fault has since met without it, by two queries of one shape."""

    def sights(query: str) -> list[Sight]:
        return [
            Sight(look.at(row[who], row.get(f"{who}_hint")).key, part(row), peer(row), row["last_seen"], row["last_event"])
            for row in look.rows(query)
        ]

    found = sights(bad)
    return mended(check, found, sights(good) if found else (), why)


def posture(
    check: str,
    fault: Fault,
    look: Look,
    *,
    title: str,
    many: str,
    why: str,
    harms: Mapping[HarmKind, Harm],
    points: Points,
    action: Action,
    others: Iterable[Party] = (),
) -> Proposal:
    """The proposal of a fault. `many` names it for several machines, `others` are further assets that it concerns."""
    party, sighting = fault.party, fault.sighting
    return Proposal(
        check=check,
        kind=Kind.POSTURE,
        subject=party.key,
        title=title,
        fault=many,
        harms=harms,
        points=points,
        action=action,
        why=why,
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=fault.part,
        zone=party.zone,
        asset_kind=party.kind,
        events=sighting.events,
        patients=look.patients(party),
        assets=tuple(dict.fromkeys((*party.ids, *(one for other in others for one in other.ids)))),
    )


def named(parties: Iterable[Party], most: int = 3) -> str:
    """`CT 1, PACS and 4 more`."""
    names = [party.name for party in parties]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
