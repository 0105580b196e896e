"""The answer to a query as rows of plain values, a batch at a time."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

import pyarrow as pa

from asepsis.kit.output import plain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows, as JSON knows values: timestamps ISO 8601 with Z, NaN null, lists lists."""
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(*(_values(column) for column in batch.columns), strict=True)


def write_json(table: pa.Table, out: TextIO | None = None) -> None:
    """An array of row objects, a row a line; on stdout where no other is named."""
    write = (out or sys.stdout).write
    names = distinct(table.column_names)
    before = "["
    for row in rows_of(table):
        write(before + json.dumps(dict(zip(names, row, strict=True)), allow_nan=False))
        before = ",\n "
    write("]\n" if before != "[" else "[]\n")


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        micros = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).to_pylist()
        return [None if value is None else _time(value) for value in micros]
    if _is_plain(column.type) or (pa.types.is_list(column.type) and _is_plain(column.type.value_type)):
        values: list[Any] = column.to_pylist()
        return values
    try:
        return [plain(value) for value in column.to_pylist()]
    except (OverflowError, ValueError):
        return [_plain(scalar) for scalar in column]


def _plain(scalar: pa.Scalar) -> Any:
    try:
        return plain(scalar.as_py())
    except (OverflowError, ValueError):
        return None  # a day or a list of moments beyond the calendar


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Python's values of this type are JSON's already: most cells of the streams are."""
    return any(of(kind) for of in (pa.types.is_string, pa.types.is_integer, pa.types.is_boolean, pa.types.is_null))


def _time(micros: int) -> str | None:
    try:
        moment = _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None  # a clock beyond the calendar
    return moment.replace(tzinfo=None).isoformat() + "Z"


def distinct(names: list[str]) -> list[str]:
    """The names, with a number behind those that came before: an object cannot hold two."""
    taken: dict[str, int] = {}
    for name in names:
        other, n = name, taken.get(name, 1)
        while other in taken:
            n += 1
            other = f"{name}_{n}"
        taken |= {name: n, other: 1} if other != name else {name: 1}
    return list(taken)
