"""A picture of an answer, where its shape has one: a line over time, or bars over names. The numbers beside it are the answer's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from asepsis.kit.errors import one_line

WIDTH, HEIGHT = 1000, 300
BARS, LABELS, LABEL = 30, 3, 60


class Of(StrEnum):
    """What a column holds."""

    TIME = "time"
    NUMBER = "number"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer."""

    name: str
    of: Of


@dataclass(frozen=True, slots=True)
class Bar:
    """`share` is the length, of WIDTH; `value` as the answer has it."""

    label: str
    value: str
    share: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn (`of`) by what (`by`): bars, the first of `rows`; or `points` of a line in a field of WIDTH x HEIGHT, from `first` to
    `last` and from `low` to `high`."""

    of: str
    by: str
    rows: int
    bars: tuple[Bar, ...] = ()
    points: tuple[tuple[int, int], ...] = ()
    first: str = ""
    last: str = ""
    low: str = ""
    high: str = ""


def chart(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Chart | None:
    """A line where one column is a time and all others are numbers; bars where up to three say of what, one or more are numbers and none is
    a time; the first number is drawn. None where there is no such shape, or less than two values."""
    numbers = [n for n, column in enumerate(columns) if column.of is Of.NUMBER]
    times = [n for n, column in enumerate(columns) if column.of is Of.TIME]
    names = [n for n, column in enumerate(columns) if column.of is Of.TEXT]
    if not numbers or len(numbers) + len(times) + len(names) < len(columns):
        return None
    if len(times) == 1 and not names:
        return _line(columns, rows, times[0], numbers[0])
    return _bars(columns, rows, names, numbers[0]) if not times and 0 < len(names) <= LABELS else None


def _line(columns: Sequence[Column], rows: Sequence[Sequence[Any]], time: int, number: int) -> Chart | None:
    found = sorted((at, row[number], row[time]) for row in rows if (at := _seconds(row[time])) is not None and _drawn(row[number]))
    if len(found) < 2 or found[0][0] == found[-1][0]:
        return None
    begin, end = found[0][0], found[-1][0]
    low, high = min(0, *(value for _, value, _ in found)), max(0, *(value for _, value, _ in found))
    tall = high - low or 1
    points = tuple((round((at - begin) / (end - begin) * WIDTH), round((high - value) / tall * HEIGHT)) for at, value, _ in found)
    spans = (str(found[0][2]), str(found[-1][2]), str(low), str(high))
    return Chart(columns[number].name, columns[time].name, len(found), (), points, *spans)


def _bars(columns: Sequence[Column], rows: Sequence[Sequence[Any]], names: Sequence[int], number: int) -> Chart | None:
    found = [(" · ".join(one_line("-" if row[n] is None else row[n], LABEL) for n in names), row[number]) for row in rows]
    found = [(label, value) for label, value in found if _drawn(value)]
    if len(found) < 2 or min(value for _, value in found) < 0:
        return None
    most = max(value for _, value in found[:BARS]) or 1
    bars = tuple(Bar(label, str(value), round(value / most * WIDTH)) for label, value in found[:BARS])
    return Chart(columns[number].name, ", ".join(columns[n].name for n in names), len(found), bars=bars)


def _drawn(value: Any) -> bool:
    """Whether a value has a place; one beyond a float of 64 bits has none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)


def _seconds(moment: Any) -> float | None:
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
