"""What SQL found, gathered by subject; and when a later sight of the same speaks against a fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from .asking import Row
from .finding import Cleared

# Rows of the lake that one finding names.
EVENTS_MAX = 20
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sight:
    """That a peer last met a subject, with a fault or without, at `ts`."""

    subject: str
    discriminator: str
    peer: Hashable
    ts: datetime
    event: str


@dataclass(slots=True)
class Sighting:
    """When a fault was seen on a subject, and the rows that the query gave for it."""

    first_seen: datetime
    last_seen: datetime
    events: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)

    def values(self, column: str) -> list[Any]:
        """The different values of a column, in order."""
        return sorted({row[column] for row in self.rows if row[column] is not None})


def gather(keyed: Iterable[tuple[Key, Row]]) -> dict[Key, Sighting]:
    """One sighting a key, of rows with the columns of `{span}`; the events are the earliest and the latest of each row."""
    grouped: defaultdict[Key, list[Row]] = defaultdict(list)
    for key, row in keyed:
        grouped[key].append(row)
    return {key: _sighting(found) for key, found in grouped.items()}


def mended(check: str, bad: Iterable[Sight], good: Iterable[Sight], why: str) -> list[Cleared]:
    """Contrary evidence: subjects of which every peer that met the fault has met the same without it since."""
    latest: dict[tuple[str, str, Hashable], Sight] = {}
    for sight in good:
        place = (sight.subject, sight.discriminator, sight.peer)
        if place not in latest or sight.ts > latest[place].ts:
            latest[place] = sight
    faulty: defaultdict[tuple[str, str], list[Sight]] = defaultdict(list)
    for sight in bad:
        faulty[sight.subject, sight.discriminator].append(sight)
    cleared = []
    for (subject, discriminator), sights in faulty.items():
        since = [latest.get((subject, discriminator, sight.peer)) for sight in sights]
        proofs = [proof for proof, sight in zip(since, sights, strict=True) if proof and proof.ts > sight.ts]
        newest = max(proofs, key=lambda proof: proof.ts, default=None)
        if newest and len(proofs) == len(sights) and newest.ts > max(sight.ts for sight in sights):
            events = tuple(dict.fromkeys(proof.event for proof in proofs))[:EVENTS_MAX]
            cleared.append(Cleared(check, subject, newest.ts, why, discriminator, events))
    return cleared


def _sighting(found: list[Row]) -> Sighting:
    found.sort(key=lambda row: (row["first_seen"], row["first_event"]))
    last = max(found, key=lambda row: (row["last_seen"], row["last_event"]))
    return Sighting(found[0]["first_seen"], last["last_seen"], _events(found, last["last_event"]), found)


def _events(found: list[Row], last: str) -> tuple[str, ...]:
    """The earliest and the latest of each row; of all, the first and the last always: the times of a finding must not move when rows
    expire that it does not name."""
    if "traced" in found[0]:
        return tuple(event for row in found for event in row["traced"] or ())
    events = dict.fromkeys(event for row in found for event in (row["first_event"], row["last_event"]))
    return tuple(dict.fromkeys((*tuple(events)[: EVENTS_MAX - 1], last)))
