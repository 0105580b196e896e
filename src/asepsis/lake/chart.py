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
    """What the first columns say: a time and then numbers alone are a line, up to three names and a number bars; the first number is drawn.
    None where they say nothing of that, or there are less than two values."""
    kinds = [column.of for column in columns]
    if kinds[0] is Of.TIME and len(kinds) > 1 and set(kinds[1:]) == {Of.NUMBER}:
        return _line(columns, rows)
    names = next((n for n, kind in enumerate(kinds) if kind is not Of.TEXT), len(kinds))
    return _bars(columns, rows, names) if 0 < names <= LABELS and kinds[names : names + 1] == [Of.NUMBER] else None


def _line(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Chart | None:
    found = sorted((at, row[1], row[0]) for row in rows if (at := _seconds(row[0])) is not None and _drawn(row[1]))
    if len(found) < 2 or found[0][0] == found[-1][0]:
        return None
    begin, end = found[0][0], found[-1][0]
    low, high = min(0, *(value for _, value, _ in found)), max(0, *(value for _, value, _ in found))
    tall = high - low or 1
    points = tuple((round((at - begin) / (end - begin) * WIDTH), round((high - value) / tall * HEIGHT)) for at, value, _ in found)
    spans = (str(found[0][2]), str(found[-1][2]), str(low), str(high))
    return Chart(columns[1].name, columns[0].name, len(found), (), points, *spans)


def _bars(columns: Sequence[Column], rows: Sequence[Sequence[Any]], names: int) -> Chart | None:
    found = [(" · ".join(one_line("-" if cell is None else cell, LABEL) for cell in row[:names]), row[names]) for row in rows]
    found = [(label, value) for label, value in found if _drawn(value)]
    if len(found) < 2 or min(value for _, value in found) < 0:
        return None
    most = max(value for _, value in found[:BARS]) or 1
    bars = tuple(Bar(label, str(value), round(value / most * WIDTH)) for label, value in found[:BARS])
    return Chart(columns[names].name, ", ".join(column.name for column in columns[:names]), len(found), bars=bars)


def _drawn(value: Any) -> bool:
    """Whether a value has a place; one beyond a float of 64 bits has none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)


def _seconds(moment: Any) -> float | None:
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
