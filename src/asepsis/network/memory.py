"""What rules and detectors remember: running tables, a value for each key, so that no history is read again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

TEACHING = 150
"""Hours in which something was heard: most of a week, which has every routine once. What is new is told of from then on."""
A_HOUR = timedelta(hours=1)
NOT_YET = datetime(9998, 1, 1, tzinfo=UTC)


def taught(known: Iterable[int], more: Iterable[int]) -> tuple[list[int], datetime]:
    """The hours (since 1970) in which something was heard, no more than it takes; and when there were enough of them, or NOT_YET."""
    hours = sorted({*known, *more})[:TEACHING]
    return hours, datetime.fromtimestamp(hours[-1] * 3600, UTC) if len(hours) >= TEACHING else NOT_YET


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key: any JSON, and when the first and the last row were that taught it."""

    value: Any
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Time:
    """From a moment to before another (UTC)."""

    since: datetime
    until: datetime

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.since <= moment < self.until

    def meets(self, begin: datetime, end: datetime) -> bool:
        """Whether it has a part of what lasts from `begin` to before `end`."""
        return begin < self.until and end > self.since


class Memory(Protocol):
    """The running table of one rule or detector. `load` gives those of the keys that it has, or all."""

    def load(self, keys: Collection[str] | None = None) -> dict[str, Known]: ...
    def save(self, known: Mapping[str, Known]) -> None: ...
    def drop(self, keys: Collection[str]) -> None: ...


class Kept:
    """A running table that lives as long as the object."""

    def __init__(self, known: Mapping[str, Known] | None = None) -> None:
        self._known = dict(known or {})

    def load(self, keys: Collection[str] | None = None) -> dict[str, Known]:
        return dict(self._known) if keys is None else {key: self._known[key] for key in keys if key in self._known}

    def save(self, known: Mapping[str, Known]) -> None:
        self._known |= known

    def drop(self, keys: Collection[str]) -> None:
        for key in keys:
            self._known.pop(key, None)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Values that were seen together, from when to when."""

    values: tuple[Any, ...]
    first: datetime
    last: datetime

    @property
    def key(self) -> str:
        return key_of(self.values)


def key_of(values: Iterable[Any]) -> str:
    """Values as a key."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"), default=str)


def learn(memory: Memory, spoken: Iterable[Spoken], days: int, since: datetime) -> list[bool]:
    """Remembers what was seen together, in order of time; and whether each is new `since` a moment: not seen in so many days. What is told
    of stays new until a person says that it is right. The last time is known by the hour: what is usual is seen in every look, and written
    once an hour."""
    spoken = list(spoken)
    before = memory.load({one.key for one in spoken})
    known = dict(before)
    found = []
    for one in spoken:
        old, last = known.get(one.key), _hour(one.last)
        if old is None:
            told = one.first >= since
            known[one.key] = Known({"told": told}, one.first, last)
        else:
            told = old.value["told"] or (one.first >= old.last + timedelta(days=days, hours=1) and one.first >= since)
            if told is not old.value["told"] or one.first < old.first or last > old.last:
                known[one.key] = Known({"told": told}, min(old.first, one.first), max(old.last, last))
        found.append(told)
    memory.save({key: one for key, one in known.items() if one is not before.get(key)})
    return found


def unlearn(_: str, known: Known, time: Time) -> Known | None:
    """What was known of a key without a time; nothing of what was new in it."""
    if known.first in time:
        return None
    warm = known.first < time.since and time.meets(known.last, known.last + A_HOUR)
    return replace(known, last=_hour(time.since)) if warm else known


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
