"""site.toml: what the hospital itself says of its network. Optional; TOML 1.0.

[[zones]]
name = "radiology"
cidrs = ["10.10.0.0/24"]
vlans = [110]
purpose = "modalities and PACS"
isolated = false                # true: a firewall lets nothing from elsewhere reach it

[[zones]]
name = "servers"
cidrs = ["10.20.0.0/24"]

[[assets]]
address = "10.10.0.20"          # or mac, ae, serial: at least one; what does not fit is a finding
name = "MR 1"
kind = "MR"
clinical_class = "monitor"
owner = "radiology"

[[partners]]
name = "teleradiology"
cidrs = ["203.0.113.0/28"]
domains = ["reads.example"]

[[flows]]
from = "radiology"              # zones of this file
to = "servers"
services = ["dicom", "443"]     # as conn.service names them, or ports; left out: all
reason = "images to the archive"

[retention]                     # days that rows are kept; `asepsis lake expire` removes older ones
default = 90
hl7 = 365
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

from asepsis.hospital import site_values as values
from asepsis.hospital.clinical import CLASSES
from asepsis.hospital.kinds import KINDS
from asepsis.hospital.plan import Flow, Partner, Plan, Stated, Zone
from asepsis.hospital.retention import Retention, stated
from asepsis.hospital.site_agrees import agree
from asepsis.hospital.toml_place import Wrong, place
from asepsis.kit.errors import BadInput, WrongUse

MAX_BYTES = 4 << 20
"""A site.toml of 20,000 stated assets is under 4 MiB."""
DOTS_MOST = 100
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


_Keys = dict[str, Callable[[Any], Any]]
_STATED: _Keys = {
    "address": values.address,
    "mac": values.mac,
    "ae": values.text,
    "serial": values.text,
    "name": values.text,
    "kind": partial(values.one_of, list(KINDS)),
    "clinical_class": partial(values.one_of, list(CLASSES)),
    "owner": values.text,
    "manufacturer": values.text,
    "model": values.text,
}
_TABLES: dict[str, tuple[type[Any], _Keys, tuple[str, ...]]] = {
    "zones": (
        Zone,
        {
            "name": values.text,
            "cidrs": partial(values.listed, values.network),
            "vlans": partial(values.listed, values.vlan),
            "purpose": values.text,
            "isolated": values.boolean,
        },
        ("name",),
    ),
    "assets": (Stated, _STATED, ("address", "mac", "ae", "serial")),
    "partners": (
        Partner,
        {
            "name": values.text,
            "cidrs": partial(values.listed, values.network_outside),
            "domains": partial(values.listed, values.domain),
        },
        ("cidrs", "domains"),
    ),
    "flows": (
        Flow,
        {"from": values.text, "to": values.text, "services": partial(values.listed, values.service), "reason": values.text},
        ("from", "to"),
    ),
}
"""Table -> what it makes, its keys, and those of which at least one is needed (of a flow both)."""
_RETENTION = "retention"
"""The one table that is no list: what stands in it are streams."""


def checked(told: Mapping[str, str]) -> dict[str, str]:
    """What is stated of an asset, in the words of this product. Raises WrongUse."""
    out = {}
    for name, value in told.items():
        try:
            out[name] = str(_STATED[name](value))
        except ValueError as error:
            raise WrongUse(error, f"--{name.replace('_', '-')}") from None
    return out


def read_plan(path: Path) -> Plan:
    """The plan in `path`, empty when there is no such file; BadInput with line and column of what is wrong."""
    return plan_of(_text_of(path), path)


def plan_of(text: str, path: Path = Path("site.toml")) -> Plan:
    """The plan that a text holds; BadInput with line and column of what is wrong."""
    try:
        return _plan(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        said = str(error).replace(at[0], "") if at else error
        raise BadInput(said, f"{path}:{at[1]}:{at[2]}" if at else path, "mend that line") from None
    except (RecursionError, ValueError):
        raise BadInput("is nested too deep, or has a number of too many digits", path, "keep to the keys that the guide names") from None
    except Wrong as error:
        line, column = place(text, error.path)
        other = f" (the other is in line {place(text, error.other)[0]})" if error.other else ""
        raise BadInput(f"{error}{other}", f"{path}:{line}:{column}", "mend that line") from None


def _text_of(path: Path) -> str:
    try:
        if not path.exists():
            if path.is_symlink():
                raise BadInput("is a link to nothing", path, "put the file there, or remove the link")
            return ""
        if not path.is_file():
            raise BadInput("is no file", path, "move it away: site.toml is a text file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput("cannot be read", path, error.strerror) from None
    if len(raw) > MAX_BYTES:
        raise BadInput(f"larger than {MAX_BYTES >> 20} MiB", path, "keep zones, assets and partners in it, nothing else")
    try:
        # Notepad begins a file with the mark of its encoding.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise BadInput("is not UTF-8", f"{path}:{line}:{column}", "save it as UTF-8") from None
    # The parser takes a time that grows as the square of a key's parts.
    for nth, words in enumerate(text.split("\n"), 1):
        if words.count(".") > DOTS_MOST and _QUOTED.sub("", words).partition("#")[0].count(".") > DOTS_MOST:
            raise BadInput("has a key of too many parts", f"{path}:{nth}:1", "keep to the keys that the guide names")
    return text


def _plan(document: dict[str, Any]) -> Plan:
    made: dict[str, Any] = {}
    for table, entries in document.items():
        if table == _RETENTION:
            made[table] = _retention(entries)
            continue
        if table not in _TABLES:
            raise Wrong((table,), f"no such table; there are {', '.join((*_TABLES, _RETENTION))}")
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise Wrong((table,), f"write it as [[{table}]]")
        made[table] = tuple(_entry(table, nth, entry) for nth, entry in enumerate(entries))
    agree(made.get("zones", ()), made.get("assets", ()))
    made["flows"] = _between_zones(made.get("flows", ()), made.get("zones", ()))
    return Plan(**made)


def _between_zones(flows: tuple[Flow, ...], zones: tuple[Zone, ...]) -> tuple[Flow, ...]:
    """The flows, their zones written as the zones are; what is stated of a zone that there is not would let nothing pass."""
    names = {zone.name.casefold(): zone.name for zone in zones}
    for nth, flow in enumerate(flows):
        for key, zone in (("from", flow.from_), ("to", flow.to)):
            if not zone:
                raise Wrong(("flows", nth), "needs from and to")
            if zone.casefold() not in names:
                raise Wrong(("flows", nth, key), f"'{zone}' is no zone; there are {', '.join(names.values()) or 'none'}")
    return tuple(replace(flow, from_=names[flow.from_.casefold()], to=names[flow.to.casefold()]) for flow in flows)


def _retention(entries: Any) -> Retention:
    if not isinstance(entries, dict):
        raise Wrong((_RETENTION,), f"write it as [{_RETENTION}]")
    from asepsis.lake.service import streams

    known, days = streams(), []
    for key, value in entries.items():
        try:
            days.append((key, stated(key, value, known)))
        except ValueError as error:
            raise Wrong((_RETENTION, key), str(error)) from None
    return Retention(tuple(days))


def _entry(table: str, nth: int, entry: dict[str, Any]) -> Any:
    make, keys, needed = _TABLES[table]
    told = {}
    for key, value in entry.items():
        if key not in keys:
            raise Wrong((table, nth, key), f"no such key; there are {', '.join(keys)}")
        try:
            told[f"{key}_" if iskeyword(key) else key] = keys[key](value)
        except values.WrongItem as error:
            raise Wrong((table, nth, key, error.nth), str(error)) from None
        except ValueError as error:
            raise Wrong((table, nth, key), str(error)) from None
    if not any(key in entry for key in needed):
        raise Wrong((table, nth), f"needs {' or '.join(needed)}")
    return make(**told)
