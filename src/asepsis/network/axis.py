"""An axis of time: where a moment stands on it, and at which full minutes, hours or days it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    1,
    5,
    15,
    30,
    *(n * _MINUTE for n in (1, 5, 10, 30)),
    *(n * _HOUR for n in (1, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 30, 365)),
)
TICKS = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment that is written at `x`."""

    x: int
    words: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From `begin` to `end` (UTC) over the pixels from `left` to `right`."""

    begin: datetime
    end: datetime
    left: int
    right: int

    def x(self, moment: datetime) -> int:
        """Where a moment stands."""
        whole = (self.end - self.begin).total_seconds() or 1.0
        part = (moment - self.begin).total_seconds() / whole
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, part)))

    def ticks(self, most: int = TICKS) -> Iterator[Tick]:
        """No more than so many moments, as people round time."""
        seconds = (self.end - self.begin).total_seconds()
        step = next((one for one in _STEPS if seconds / one <= most), _STEPS[-1])
        at = datetime.fromtimestamp(self.begin.timestamp() // step * step, UTC)
        while (at := at + timedelta(seconds=step)) < self.end:
            yield Tick(self.x(at), f"{at:%Y-%m-%d}" if step >= _DAY else f"{at:%H:%M:%S}" if step < _MINUTE else f"{at:%H:%M}")
