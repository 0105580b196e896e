"""The inventory for other programs: a table, JSON, or CycloneDX with a component of type device for each asset."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from asepsis import __version__
from asepsis.hospital.asset import Asset, as_json
from asepsis.hospital.kinds import POSSIBLE
from asepsis.hospital.systems import SURE
from asepsis.kit.output import iso
from asepsis.kit.spreadsheet import harmless

COLUMNS = (
    "id", "name", "kind", "kind_confidence", "clinical_class", "manufacturer", "model", "software", "serial", "owner", "zone", "addresses",
    "macs", "hostnames", "ae_titles", "hl7_applications", "system", "behind", "first_seen", "last_seen",
)  # fmt: skip


class Format(StrEnum):
    """What `asepsis assets export` writes."""

    CSV = "csv"
    JSON = "json"
    CYCLONEDX = "cyclonedx"


def as_csv(assets: Iterable[Asset]) -> str:
    """A heading and a line an asset (RFC 4180)."""
    return "".join([csv_line(COLUMNS), *(csv_line(cells(asset, COLUMNS)) for asset in assets)])


def csv_line(values: Sequence[str]) -> str:
    """A line of a table. What a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(map(harmless, values))
    return out.getvalue()


def cells(asset: Asset, columns: Sequence[str]) -> list[str]:
    """What an asset has in some of COLUMNS, as text."""
    return [_cell(asset, column) for column in columns]


def as_cyclonedx(assets: Sequence[Asset]) -> dict[str, Any]:
    """A CycloneDX 1.6 document (ECMA-424): components of type `device`; what has no field of its own is a property `asepsis:...`."""
    seen = max((asset.last_seen for asset in assets if asset.last_seen), default=None)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(a.id for a in assets))}",
        "version": 1,
        "metadata": {
            # The same inventory is the same document: its time is that of what was seen last, and none if nothing was.
            **({"timestamp": iso(seen.replace(microsecond=0))} if seen else {}),
            "tools": {"components": [{"type": "application", "name": "asepsis", "version": __version__}]},
        },
        "components": [_component(asset) for asset in assets],
    }


def _component(asset: Asset) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "device", "bom-ref": asset.id, "name": asset.model or asset.name}
    if asset.manufacturer:
        out["manufacturer"] = {"name": asset.manufacturer}
    if asset.software:
        out["version"] = asset.software
    told = {column: _cell(asset, column) for column in COLUMNS if column not in ("id", "manufacturer", "software", "model")}
    out["properties"] = [{"name": f"asepsis:{name}", "value": value} for name, value in told.items() if value]
    return out


def system_of(asset: Asset) -> str:
    """The operating system that is best founded, or nothing: `possible Windows` if little speaks for it."""
    best = next((fact for fact in asset.attributes if fact.name == "system"), None)
    return f"{'' if best.confidence >= SURE else POSSIBLE}{best.value}" if best else ""


def _cell(asset: Asset, column: str) -> str:
    value = system_of(asset) if column == "system" else as_json(asset)[column] if column.endswith("_seen") else getattr(asset, column)
    if isinstance(value, tuple):
        return " ".join(v.replace(" ", "_") for v in value) if column != "hl7_applications" else "; ".join(value)
    return "" if value is None else str(value)
