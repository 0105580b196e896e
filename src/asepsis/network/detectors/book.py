"""A running table opened for one look: what the look touches is read once and written once, and data time is cut into hours.

A detector judges at marks of data time (the end of an hour), once rows are `PATIENCE` past it, and of nothing but rows before the mark.
So it says the same whether three days come in one look or in thousands: as long as rows come no later than that. Those that come later are
taken in all the same, and their hour is judged again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from ..memory import Known, Memory, Time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
HOUR = 3_600 * SECOND
PATIENCE = 180 * SECOND
"""A row comes up to a minute after its last packet (the core's limits for what is half open, UDP and ICMP), and a sensor writes every few
seconds; the rest is for sensors that are far away."""
_LEAST, _AHEAD = datetime(1990, 1, 1, tzinfo=UTC), timedelta(days=366)
DUE_MAX = 20_000
"""Keys that wait for the end of one hour: more are a flood, of which those that came first are judged."""
_OPEN = "open"


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def sane() -> tuple[datetime, datetime]:
    """Between which moments a clock is believed: rows of times to come would end hours that have not begun. An exercise may be ahead. By
    the day: detectors that ask the same in one look are answered once (`detect.Asked`)."""
    return _LEAST, datetime.combine(datetime.now(UTC), time(), UTC) + _AHEAD


@lru_cache(maxsize=1 << 16)
def key(*parts: object) -> str:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def spared(marks: Mapping[str, Any], time: Time, length: int = HOUR) -> dict[str, Any]:
    """What is kept by hours (or by what else is so long), without those that a time meets."""
    return {at: told for at, told in marks.items() if not time.meets(moment(int(at) * length), moment((int(at) + 1) * length))}


def not_first_in(seen: Mapping[str, int], time: Time) -> dict[str, int]:
    """Who was first seen when, without those who were first seen in a time."""
    return {who: at for who, at in seen.items() if moment(at) not in time}


class Book:
    """`open` holds the hours that have rows and are not judged, each with the keys to judge: it is a key of the table like others."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._known: dict[str, Known] = {}
        self._read: set[str] = set()
        self._changed: set[str] = set()
        self._gone: set[str] = set()
        self.want([_OPEN])
        opened = self._known.get(_OPEN)
        self.open: dict[int, set[str]] = {int(hour): set(keys) for hour, keys in (opened.value if opened else {}).items()}
        self._opened = self._told()

    def want(self, keys: Iterable[str]) -> None:
        """Reads keys, all at once."""
        if new := set(keys) - self._read:
            self._read |= new
            self._known |= self._memory.load(new)

    def get(self, key: str) -> Any:
        """What is known of a key, or nothing. The value may be altered by who calls `saw` after."""
        self.want([key])
        found = self._known.get(key)
        return found.value if found else None

    def first(self, key: str) -> datetime:
        """When a key that is known was first taught."""
        self.want([key])
        return self._known[key].first

    def last(self, key: str) -> datetime:
        """When a key that is known was last taught."""
        self.want([key])
        return self._known[key].last

    def saw(self, key: str, value: Any, first: datetime, last: datetime) -> None:
        """Remembers a value, taught by rows between two moments."""
        self.want([key])
        old = self._known.get(key)
        self._known[key] = Known(value, min(first, old.first) if old else first, max(last, old.last) if old else last)
        self._changed.add(key)
        self._gone.discard(key)

    def change(self, key: str, value: Any) -> None:
        """Remembers a value that no new row taught."""
        old = self._known[key]
        self.saw(key, value, old.first, old.last)

    def due(self, hour: int, key: str) -> None:
        """A key to be judged when an hour is over."""
        waiting = self.open.setdefault(hour, set())
        if len(waiting) < DUE_MAX:
            waiting.add(key)

    def drop(self, keys: Iterable[str]) -> None:
        for one in keys:
            self._known.pop(one, None)
            self._changed.discard(one)
            self._gone.add(one)

    def all(self) -> dict[str, Known]:
        """Everything that is known: for who tidies up, once a day."""
        found = {name: known for name, known in self._memory.load().items() if name not in self._gone and name not in self._known}
        self._known |= found
        self._read |= found.keys()
        return {name: known for name, known in self._known.items() if name != _OPEN}

    def hours(self, given: Iterable[int]) -> Iterator[int]:
        """Hours that have new rows or wait to be judged, in order."""
        for hour in sorted({*given, *self.open}):
            self.open.setdefault(hour, set())
            yield hour

    def close(self, hour: int, newest: int, length: int = HOUR) -> list[str] | None:
        """The keys to judge of an hour (or of what else is so long) if it is over; nothing as long as it is not."""
        if (hour + 1) * length + PATIENCE > newest:
            return None
        return sorted(self.open.pop(hour))

    def keep(self) -> None:
        """Writes what changed."""
        if (told := self._told()) != self._opened:
            if told:
                self.saw(_OPEN, told, EPOCH, EPOCH)
            else:
                self.drop([_OPEN])
        if self._gone:
            self._memory.drop(self._gone)
        if self._changed:
            self._memory.save({name: self._known[name] for name in self._changed})

    def _told(self) -> dict[str, list[str]]:
        return {str(hour): sorted(keys) for hour, keys in sorted(self.open.items())}


def merged(old: Iterable[Any], new: Iterable[Any], most: int, order: Callable[[Any], Any] | None = None) -> list[Any]:
    """The first so many of two lists in one order: the same whichever came first."""
    return sorted([*old, *new], key=order)[:most]
