"""When the steps of a story were: a bar for each on one axis of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .axis import Axis, Tick

WIDTH, LEFT, RIGHT, ROW, HEAD = 900, 40, 20, 18, 26
SHORTEST = 6
"""Pixels of a step that took no time."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A step, by its number in the table beside."""

    number: int
    x: int
    y: int
    width: int
    alert: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture of the times of a story."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def strip(timeline: Sequence[Mapping[str, Any]]) -> Strip:
    """The picture of steps (`telling.timeline`), one or more, which are numbered from 1."""
    axis = Axis(min(step["begin"] for step in timeline), max(step["end"] for step in timeline), LEFT, WIDTH - RIGHT)
    bars = []
    for number, step in enumerate(timeline, 1):
        x = min(axis.x(step["begin"]), WIDTH - RIGHT - SHORTEST)
        bars.append(Bar(number, x, HEAD + (number - 1) * ROW, max(SHORTEST, axis.x(step["end"]) - x), step["alert"]))
    return Strip(WIDTH, HEAD + len(bars) * ROW + 8, tuple(bars), tuple(axis.ticks()))
