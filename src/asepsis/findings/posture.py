"""The way most checks of how things are set up go: a service of a machine shows a fault, and is cleared when it is seen without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .asking import Row
from .explain import counted
from .finding import Action, Cleared, Kind, Points, Proposal, Step
from .harm import SAFETY_OF, Harm, HarmKind
from .look import Look
from .parties import Party, large
from .sightings import Sight, Sighting, gather, mended
from .ssvc import Automatable, Exploitation

# Assets that one finding names.
ASSETS_MAX = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on a party: `part` tells several of one party apart (a port, a certificate)."""

    party: Party
    part: str
    sighting: Sighting

    @property
    def rows(self) -> list[Row]:
        """What the query gave for it, the earliest first."""
        return self.sighting.rows

    def parties(self, look: Look, column: str = "client") -> list[Party]:
        """Whose the addresses in a column are, each once."""
        return look.all_at(self.sighting.values(column))

    def listed(self, column: str, most: int = 5) -> str:
        """The values of a column, as `104, 11112 and 3 more`."""
        return listed(self.sighting.values(column), most)


def port(row: Row) -> str:
    """The part of most faults: the port."""
    return str(row["port"])


def nothing(_row: Row) -> str:
    """The part where a party has the fault or has it not."""
    return ""


def faults(
    look: Look,
    seen: str | Iterable[Row],
    who: str = "server",
    part: Callable[[Row], str] = port,
    counts: Callable[[Party], bool] | None = None,
) -> Iterator[Fault]:
    """What a query finds, or the rows of it that count, by the machine of the hospital at the address in column `who` and the part of it.

    The rows have `who`, `who_hint` if the address alone may not tell, the columns of `{span}`, and what the check wants.
    """
    found: dict[tuple[str, str], Party] = {}

    def keyed() -> Iterator[tuple[tuple[str, str], Row]]:
        for row in _rows(look, seen):
            if not look.locator.machine(row[who]):
                continue
            party = look.at(row[who], row.get(f"{who}_hint"))
            if counts is None or counts(party):
                found.setdefault((party.key, part(row)), party)
                yield (party.key, part(row)), row

    sightings = gather(keyed())
    for place in sorted(sightings):
        yield Fault(found[place], place[1], sightings[place])


def cleared(
    check: str,
    look: Look,
    bad: str | Iterable[Row],
    good: str | Iterable[Row],
    why: str,
    who: str = "server",
    part: Callable[[Row], str] = port,
    peer: Callable[[Row], Any] = nothing,
) -> list[Cleared]:
    """Parties that every `peer` who met the fault has since met without it, by two queries of one shape, or rows of them."""

    def sights(seen: str | Iterable[Row]) -> list[Sight]:
        return [
            Sight(look.at(row[who], row.get(f"{who}_hint")).key, part(row), peer(row), row["last_seen"], row["last_event"])
            for row in _rows(look, seen)
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
    action: Action,
    peers: Iterable[Party] = (),
    exploitation: Exploitation = Exploitation.NONE,
    automatable: Automatable = Automatable.NO,
    others: Iterable[Party] = (),
    takes_over: bool = False,
) -> Proposal:
    """The proposal of a fault. `many` names it for several machines, `peers` are those whom the machine was seen to talk to this way, and
    `others` further assets that the fault concerns. `takes_over`: who uses it gets hold of the machine, and of what that can get at."""
    party, sighting = fault.party, fault.sighting
    reach = look.steps(party) if takes_over else ()
    assets = dict.fromkeys((*party.ids, *(one for other in others for one in other.ids)))
    return Proposal(
        check=check,
        kind=Kind.POSTURE,
        subject=party.key,
        title=title,
        fault=many,
        harms=raised(harms, reach),
        points=Points(exploitation, look.parties.exposure(party, *peers), automatable),
        action=action,
        why=why,
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=fault.part,
        zone=party.zone,
        asset_kind=party.kind_told,
        events=sighting.events,
        patients=look.patients(party),
        assets=tuple(assets)[:ASSETS_MAX],
        reach=reach,
    )


def raised(harms: Mapping[HarmKind, Harm], reach: Iterable[Step]) -> Mapping[HarmKind, Harm]:
    """The harms, the one to safety that of the gravest device within reach: each step there takes one level off."""
    grave = max((SAFETY_OF[step.clinical_class] - step.steps, -step.steps, step.name) for step in reach) if reach else (0, 0, "")
    level, steps, name = grave
    if not steps or level <= harms[HarmKind.SAFETY].level:
        return harms
    why = f"In {-steps} step{'' if steps == -1 else 's'} one gets at {name}, which a patient needs."
    return {**harms, HarmKind.SAFETY: Harm(level, why)}


def named(parties: Iterable[Party], most: int = 3) -> str:
    """`CT 1, PACS and 4 more`."""
    return listed([party.name for party in parties], most)


def opening(parties: Iterable[Party], noun: str = "") -> str:
    """How a sentence about some begins: `CT 1, PACS and 4 more`; with a noun several are counted, `6 computers (CT 1, PACS and 4 more)`."""
    parties = list(parties)
    return f"{counted(len(parties), noun)} ({named(parties)})" if noun and len(parties) != 1 else large(named(parties))


def listed(values: Iterable[object], most: int = 5) -> str:
    """`a, b and 4 more`."""
    words = [str(value) for value in values]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _rows(look: Look, seen: str | Iterable[Row]) -> Iterable[Row]:
    return look.rows(seen) if isinstance(seen, str) else seen
