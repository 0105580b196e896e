"""What a rule or a detector saw somebody do: who, to whom, from when to when, and the rows that show it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

EVIDENCE = 20
"""Rows that one sighting names: it is no copy of the lake."""
VICTIMS = 200
GAP = timedelta(hours=1)
"""What one attacker does with less between belongs together."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A row of the lake; `part` is the key of the rule that means it, where a correlation names several."""

    stream: str
    event_id: str
    ts: datetime
    part: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """`attacker` and `victims` are addresses, `accounts` pseudonyms of those whose rights were used. `group` is what a correlation or a
    detector tells sightings of one attacker apart by. With the rule and `begin` these are its identity: the same rows give it again."""

    rule: str
    attacker: str
    victims: tuple[str, ...]
    begin: datetime
    end: datetime
    events: int
    evidence: tuple[Evidence, ...]
    group: str = ""
    held_from: datetime | None = None
    value: float | None = None
    accounts: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Those of one key go on with each other."""
        return self.rule, self.attacker, self.group


def group_text(group: Iterable[tuple[str, Any]]) -> str:
    """A group's fields and values as text that is the same for the same."""
    return json.dumps([list(pair) for pair in group], ensure_ascii=False, separators=(",", ":"), default=str)


def joined(parts: Iterable[Sighting]) -> Sighting:
    """Sightings of one key, one or more, as one. Rows that several name count once as far as they are named."""
    ordered = sorted(parts, key=lambda part: (part.begin, part.end))
    named = {row.event_id: row for part in ordered for row in part.evidence}
    shared = sum(len(part.evidence) for part in ordered) - len(named)
    values = [part.value for part in ordered if part.value is not None]
    return replace(
        ordered[0],
        victims=tuple(dict.fromkeys(victim for part in ordered for victim in part.victims))[:VICTIMS],
        accounts=tuple(dict.fromkeys(account for part in ordered for account in part.accounts))[:VICTIMS],
        end=max(part.end for part in ordered),
        events=max(len(named), sum(part.events for part in ordered) - shared),
        evidence=tuple(sorted(named.values(), key=lambda row: (row.ts, row.event_id))[:EVIDENCE]),
        value=max(values, default=None),
    )


def gathered(sightings: Iterable[Sighting], gap: timedelta = GAP) -> list[Sighting]:
    """Sightings of one key with no more than `gap` between them as one each, in order of time."""
    found: list[list[Sighting]] = []
    for one in sorted(sightings, key=lambda one: (one.key, one.begin, one.end)):
        if found and found[-1][0].key == one.key and one.begin <= max(part.end for part in found[-1]) + gap:
            found[-1].append(one)
        else:
            found.append([one])
    return [joined(parts) for parts in found]
