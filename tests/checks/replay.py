"""A lake made of the rows beside a check, and the site that the file describes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pyarrow as pa

from asepsis import _wire
from asepsis.hospital.asset import from_json
from asepsis.hospital.service import Asset, Locator, as_json
from asepsis.hospital.site_toml import read_plan
from asepsis.lake.engine import DuckDBEngine, Span

SOURCE = Path(__file__).parents[2] / "src/asepsis"
DAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = DAY + timedelta(hours=20)
EMPTY_ASSET = Asset("", "", "unknown", 0.9, "unknown", "", 1.0)


class RowsLake:
    """Every stream as a table with the columns that the core declares; a column that it does not know is an error."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        self._engine = DuckDBEngine(SOURCE)
        self._engine.place(())
        self.queries: list[str] = []
        for name, _, _ in _wire.streams():
            schema = pa.record_batch(_wire.empty(name)).schema
            given = [_typed(name, n, row) for n, row in enumerate(rows.get(name, []))]
            unknown = {column for row in given for column in row} - set(schema.names)
            assert not unknown, f"{name} has no {unknown}"
            lists = {field.name for field in schema if pa.types.is_list(field.type)}
            table = pa.Table.from_pylist([{name: [] for name in lists} | row for row in given], schema=schema)
            self._engine.append(name, table)
        self._engine.pair()

    def place(self, spans: Sequence[Span]) -> None:
        """Given as places already: the rows of a case name them."""

    def rows(self, query: str) -> list[dict[str, Any]]:
        self.queries.append(query)
        return self._engine.rows(query)


@dataclass(frozen=True)
class Case:
    """One example of a rows file."""

    room: str
    check: str
    fires: bool
    says: str
    rows: dict[str, list[dict[str, Any]]]
    expect: list[dict[str, Any]]
    cleared: list[str]
    excused: list[str]
    assets: list[Asset]
    site_toml: str

    def locator(self, folder: Path) -> Locator:
        path = folder / "site.toml"
        path.write_text(self.site_toml, "utf-8")
        return Locator(self.assets, read_plan(path))


def cases() -> Iterator[Case]:
    for path in sorted(SOURCE.glob("*/checks/*.rows.json")):
        told = json.loads(path.read_text("utf-8"))
        for key in ("fires", "quiet"):
            for case in told[key]:
                yield Case(
                    path.parent.parent.name,
                    path.name.removesuffix(".rows.json"),
                    key == "fires",
                    case["says"],
                    case["rows"],
                    case.get("expect", []),
                    case.get("cleared", []),
                    case.get("excused", []),
                    [_asset(given) for given in case.get("assets", told["assets"])],
                    told.get("site_toml", ""),
                )


def _asset(given: dict[str, Any]) -> Asset:
    return from_json(as_json(EMPTY_ASSET) | given)


def _numbers(row: dict[str, Any]) -> dict[str, int]:
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


def _typed(stream: str, n: int, row: dict[str, Any]) -> dict[str, Any]:
    """The row with an id; `ts` is `hh:mm` of the day, or follows the rows before."""
    hours, minutes = map(int, row.get("ts", f"07:{n:02}").split(":"))
    made = {"event_id": f"{stream}-{n}"} | _numbers(row) | row | {"ts": DAY + timedelta(hours=hours, minutes=minutes)}
    return {name: datetime.fromisoformat(value) if name.startswith("certificate_not_valid") else value for name, value in made.items()}
