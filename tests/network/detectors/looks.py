"""Rows in order of their arrival, given to a detector in one look or in many."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from asepsis import _wire
from asepsis.findings.service import Look
from asepsis.hospital.service import asset_of, locate, plan_of
from asepsis.lake.rows_lake import _numbers
from asepsis.lake.service import streams
from asepsis.network.detector import Detect, Given, Number
from asepsis.network.detectors.outward import Score
from asepsis.network.memory import Kept as KeptObjects
from asepsis.network.memory import Known
from asepsis.network.sighting import Sighting

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
"""What it takes to learn what is usual, where something is heard all the time."""
LONG_AGO = BEGIN - timedelta(days=60)
Row = Mapping[str, Any]


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


class Kept(KeptObjects):
    """As the store keeps it: as JSON."""

    def save(self, known: Mapping[str, Known]) -> None:
        super().save({name: replace(one, value=json.loads(json.dumps(one.value))) for name, one in known.items()})

    def load(self, keys: Collection[str] | None = None) -> dict[str, Known]:
        return {name: replace(one, value=json.loads(json.dumps(one.value))) for name, one in super().load(keys).items()}


def taught(memory: Kept) -> dict[str, Any]:
    """What is known, and since when."""
    return {name: (one.value, one.first) for name, one in memory.load().items()}


@dataclass(frozen=True)
class Rows:
    """What arrives: each row says its stream, and `after`, the seconds from BEGIN to its arrival."""

    given: Sequence[Row]

    @property
    def ordered(self) -> list[Row]:
        return sorted(self.given, key=lambda row: row["after"])


class Tables:
    """All rows in DuckDB, of which a look has those of one part."""

    def __init__(self, parts: Sequence[Sequence[Row]]) -> None:
        self.streams = streams()
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")
        for name in ("conn", "ssl", "hl7", "dicom_association", "dicom_message", "sdc", "astm"):
            schema = pa.record_batch(_wire.empty(name)).schema
            lists = {field.name: [] for field in schema if pa.types.is_list(field.type)}
            rows = [
                {"event_id": f"{name}-{number}-{n}"} | lists | _numbers(dict(row)) | dict(row) | {"look": number}
                for number, part in enumerate(parts)
                for n, row in enumerate(part)
                if row["stream"] == name
            ]
            # An id is the row's own, however looks are cut.
            rows = [row | {"event_id": row.get("id") or f"{name}-{row['ts'].timestamp()}-{row.get('uid')}"} for row in rows]
            table = pa.Table.from_pylist(rows, schema=schema.append(pa.field("look", pa.int64())))
            self._connection.register("_rows", table)
            self._connection.execute(f"CREATE TABLE all_{name} AS SELECT * FROM _rows")
            self._connection.unregister("_rows")

            self._connection.execute(f"CREATE VIEW {name} AS SELECT * FROM all_{name} WHERE look = getvariable('look')")

    def look(self, number: int) -> None:
        self._connection.execute(f"SET VARIABLE look = {number}")

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self._connection.sql(query).to_arrow_table().to_pylist()


def scores(
    code: Callable[[Given], list[Score]], rows: Rows, known: Mapping[str, Number], assets: Sequence[Mapping[str, Any]] = ()
) -> list[Score]:
    """What a detector measures of rows that all come at once."""
    tables = Tables([rows.ordered])
    tables.look(0)
    now = max(row["ts"] for row in rows.given)
    look = Look(tables, locate([asset_of(one) for one in assets], plan_of("")), now)
    return code(Given("rule", tables, Kept(), look, LONG_AGO + WEEK, now, known))


def sightings(
    detector: tuple[Detect, Mapping[str, Number]],
    rows: Rows,
    cuts: Sequence[float] = (),
    began: datetime = LONG_AGO,
    assets: Sequence[Mapping[str, Any]] = (),
    site_toml: str = "",
    memory: Kept | None = None,
    **settings: Number,
) -> list[Sighting]:
    """What a detector says of rows, looked at whenever so many seconds have passed, and at the end."""
    code, known = detector
    ends = [*sorted(cuts), float("inf")]
    parts: list[list[Row]] = [[] for _ in ends]
    for row in rows.ordered:
        parts[next(n for n, end in enumerate(ends) if row["after"] < end)].append(row)
    tables, kept, found, now = Tables(parts), memory or Kept(), [], BEGIN
    located = locate([asset_of(one) for one in assets], plan_of(site_toml))
    for number, part in enumerate(parts):
        if not part:
            continue
        tables.look(number)
        now = max([now, *(row["ts"] for row in part)])
        found += code(Given("rule", tables, kept, Look(tables, located, now), began + WEEK, now, known | settings))
    return sorted(found, key=lambda one: (one.begin, one.key))
