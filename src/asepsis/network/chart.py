"""A value for each minute as bars over an axis of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .axis import Axis, Tick

WIDTH, HEIGHT, LEFT, RIGHT, HEAD, FOOT = 340, 130, 44, 8, 12, 24
MINUTES = 60
TICKS = 6
_ROUND = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Level:
    """A value that is written at a height."""

    y: int
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, what is written below and beside them."""

    width: int
    height: int
    left: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    levels: tuple[Level, ...]

    @property
    def bottom(self) -> int:
        return self.height - FOOT


def chart(values: Sequence[tuple[datetime, float]]) -> Chart:
    """The MINUTES before the end of the last minute, of which the values are told by when they began; one or more, in order."""
    end = values[-1][0] + timedelta(minutes=1)
    axis = Axis(end - timedelta(minutes=MINUTES), end, LEFT, WIDTH - RIGHT)
    top = round_up(max(value for _, value in values))
    room = HEIGHT - HEAD - FOOT
    bars = []
    for since, value in values:
        height = round(room * value / top)
        if value and since >= axis.begin:
            x = axis.x(since)
            bars.append(Bar(x, HEAD + room - max(1, height), max(1, axis.x(since + timedelta(minutes=1)) - x - 1), max(1, height)))
    levels = (Level(HEAD + room, "0"), Level(HEAD + room // 2, written(top / 2)), Level(HEAD, written(top)))
    return Chart(WIDTH, HEIGHT, LEFT, tuple(bars), tuple(axis.ticks(TICKS)), levels)


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... that is not less; 1 at least."""
    size = 1.0
    while size * _ROUND[-1] < value:
        size *= 10
    return next(size * step for step in _ROUND if size * step >= value)


def written(value: float) -> str:
    """A number in few letters."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def totals(minutes: Iterable[tuple[datetime, int]]) -> list[tuple[datetime, float]]:
    """What several have in the same minute together, in order of time."""
    found: dict[datetime, float] = {}
    for since, count in minutes:
        found[since] = found.get(since, 0) + count
    return sorted(found.items())
