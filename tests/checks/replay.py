"""A lake made of the rows beside a check, and the site that the file describes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from asepsis.hospital.service import Asset, Locator, asset_of
from asepsis.hospital.site_toml import read_plan
from asepsis.lake.rows_lake import DAY, RowsLake

__all__ = ["EMPTY_ASSET", "NOW", "SOURCE", "Case", "RowsLake", "cases"]

EMPTY_ASSET = asset_of({})
SOURCE = Path(__file__).parents[2] / "src/asepsis"
NOW = DAY + timedelta(hours=20)


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
                    [asset_of(given) for given in case.get("assets", told["assets"])],
                    told.get("site_toml", ""),
                )
