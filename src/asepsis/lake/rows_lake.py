"""A lake in memory, made of rows that somebody wrote down: examples beside rules and checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pyarrow as pa

from asepsis import _wire
from asepsis.kit.errors import BadInput
from asepsis.lake.engine import DuckDBEngine, Span
from asepsis.lake.streams import streams

DAY = datetime(2026, 3, 2, tzinfo=UTC)
"""When the rows are, which tell the time of day only."""
ROWS_MAX = 20_000
_DATES = "certificate_not_valid"

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


class RowsLake:
    """Every stream as a table with the columns that the core declares, and the rows that are given.

    A row has any columns of its stream; `ts` is `hh:mm` or `hh:mm:ss`, or follows the row before by a minute. With `repeat` it stands for
    so many, each `every` seconds (1) after the one before, `{n}` in a text being its number from 0. Raises BadInput for a stream or a
    column that there is not.
    """

    day = DAY

    def __init__(self, rows: Rows, where: str = "rows") -> None:
        self.streams = streams()
        self._engine = DuckDBEngine(Path("."), few=True)
        self._engine.place(())
        self.queries: list[str] = []
        if unknown := rows.keys() - self.streams.keys():
            raise BadInput(f"there is no stream {min(unknown)}", where, "`asepsis lake streams` lists them")
        for name in self.streams:
            self._engine.append(name, table(name, rows.get(name, []), where))
        self._engine.pair()

    def place(self, spans: Sequence[Span]) -> None:
        """Given as places already: the rows of an example name them."""

    def rows(self, query: str) -> list[dict[str, Any]]:
        self.queries.append(query)
        return self._engine.rows(query)


def table(stream: str, rows: Sequence[Mapping[str, Any]], where: str = "rows") -> pa.Table:
    """Rows as the core would have written them. Raises BadInput as `RowsLake` does."""
    schema = pa.record_batch(_wire.empty(stream)).schema
    given = list(_typed(stream, rows, where))
    if wrong := {column for row in given for column in row} - set(schema.names):
        raise BadInput(f"{stream} has no column {min(wrong)}", where, f"`asepsis lake streams {stream}` lists those it has")
    lists = {field.name for field in schema if pa.types.is_list(field.type)}
    try:
        return pa.Table.from_pylist([{name: [] for name in lists} | row for row in given], schema=schema)
    except (pa.ArrowException, TypeError) as error:
        raise BadInput(f"a value of {stream} is of another type", where, str(error)) from None


def _typed(stream: str, rows: Sequence[Mapping[str, Any]], where: str) -> Iterator[dict[str, Any]]:
    n = 0
    for number, row in enumerate(rows):
        plain = {name: value for name, value in row.items() if name not in ("ts", "repeat", "every")}
        first = _time(str(row.get("ts", f"07:{number % 60:02}")), where)
        for i in range(int(row.get("repeat", 1))):
            if n >= ROWS_MAX:
                raise BadInput(f"more than {ROWS_MAX:,} rows of {stream}", where, "an example needs fewer")
            told = {name: value.replace("{n}", str(i)) if isinstance(value, str) else value for name, value in plain.items()}
            moment = first + timedelta(seconds=float(row.get("every", 1)) * i)
            made = {"event_id": f"{stream}-{n}"} | _numbers(told) | told | {"ts": moment}
            yield {name: datetime.fromisoformat(value) if name.startswith(_DATES) else value for name, value in made.items()}
            n += 1


def _time(text: str, where: str) -> datetime:
    try:
        hours, minutes, *rest = text.split(":")
        return DAY + timedelta(hours=int(hours), minutes=int(minutes), seconds=float(rest[0]) if rest else 0)
    except (ValueError, OverflowError):
        raise BadInput(f"{text} is no time of day", where, "write hh:mm or hh:mm:ss") from None


def _numbers(row: Mapping[str, Any]) -> dict[str, int]:
    """The addresses of a row as the core writes them beside their text: two signed halves, IPv4 mapped."""
    out = {}
    for end in ("id_orig", "id_resp"):
        if address := row.get(f"{end}_h"):
            ip = ip_address(address.partition("@")[0])
            number = int(ip) | (0xFFFF << 32 if ip.version == 4 else 0)
            for half, shift in (("hi", 64), ("lo", 0)):
                bits = number >> shift & (1 << 64) - 1
                out[f"{end}_{half}"] = bits - (1 << 64) if bits >> 63 else bits
    return out
