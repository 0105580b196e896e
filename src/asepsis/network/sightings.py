"""What SQL found, gathered by subject; and when a later sight of the same speaks against a fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from asepsis.findings.service import Cleared

if TYPE_CHECKING:
    from .check import Lake

# Rows of the lake that one finding names.
EVENTS_MAX = 20
# What `{span}` stands for in a query: when and on which rows, the same for rows of one microsecond in any order. DuckDB and Spark agree.
_AT = "struct_pack(a := ts, b := event_id)"
_SPAN = f"min(ts) as first_seen, max(ts) as last_seen, min_by(event_id, {_AT}) as first_event, max_by(event_id, {_AT}) as last_event"

# The rows asked after, where a lake is an `Asking`. A list of literals would be gone through for each row of the lake.
_TRACED = "array_agg(event_id) filter (where {among}) as traced"

Row = dict[str, Any]
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


class Asking:
    """A lake that is asked what became of certain rows: then a sighting names those of them that are in it, and no others."""

    def __init__(self, lake: Lake, events: frozenset[str]) -> None:
        self._lake, self.span = lake, f"{_SPAN}, {_TRACED.format(among=among(events))}"

    def rows(self, query: str, /) -> list[Row]:
        return self._lake.rows(query)


def among(events: Iterable[str]) -> str:
    """The condition that a row is one of these."""
    named = ", ".join("'{}'".format(event.replace("'", "''")) for event in sorted(events))
    return f"event_id in (select unnest([{named}]))"


def rows(lake: Lake, query: str) -> Iterator[Row]:
    """The rows of a query, times in UTC."""
    span = lake.span if isinstance(lake, Asking) else _SPAN
    for row in lake.rows(query.replace("{span}", span)):
        yield {name: _utc(value) if isinstance(value, datetime) else value for name, value in row.items()}


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


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
