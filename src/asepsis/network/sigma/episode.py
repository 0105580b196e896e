"""What rules find: an event that one means, or an episode in which events together are what one means.

**Episode.** A correlation holds at moments (`sweep`). Two moments of one group that follow each other belong to one episode if they are no
further apart than the timespan, that is if their windows overlap. The episode begins with the first event of its first window and ends with
the last moment; `events` counts the events of its rules between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from .rule import Correlation


@dataclass(frozen=True, slots=True)
class Match:
    """An event that a rule means."""

    rule: str
    stream: str
    event_id: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class Episode:
    """Events of one group that together are what a correlation means: `begin` and `end` are its first and last event, `held_from` the
    moment at which it first held; `value` is the largest that was compared (the smallest of an upper bound; none of a percentile).
    `evidence` are the first events of each of its rules, in order of time; `events` counts all."""

    rule: str
    group: tuple[tuple[str, Any], ...]
    begin: datetime
    held_from: datetime
    end: datetime
    events: int
    value: Decimal | float | None
    evidence: tuple[Match, ...]

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of the group."""
        return tuple(value for _, value in self.group)

    def meets(self, later: Episode, seconds: int) -> bool:
        """Whether the windows of both overlap, `later` being of a later or the same time."""
        span = timedelta(seconds=seconds)
        return later.held_from - span <= self.end and self.held_from - span <= later.end


def episodes(correlation: Correlation, names: list[str], rows: Iterable[dict[str, Any]]) -> Iterator[Episode]:
    """The episodes that rows of `query.of_correlation` tell of. `names` are the rules by their number."""
    groups = [f"g{n}" for n in range(len(correlation.group_by))]
    for _, found in groupby(rows, key=lambda row: ([row[g] for g in groups], row["held_from"])):
        evidence = list(found)
        first = evidence[0]
        yield Episode(
            rule=correlation.key,
            group=tuple((field, first[g]) for field, g in zip(correlation.group_by, groups, strict=True)),
            begin=first["ts"],
            held_from=first["held_from"],
            end=first["held_to"],
            events=int(first["events"]),
            value=first["value"],
            evidence=tuple(Match(names[row["rule"]], row["stream"], row["event_id"], row["ts"]) for row in evidence),
        )
