r"""Zeek's logs, as text with a header or as JSON, into rows.

Text (Zeek's ASCII writer): `#separator`, `#set_separator`, `#empty_field`, `#unset_field`, `#path`, `#fields`, `#types`; bytes that would
be misread stand as `\xHH`. A header may come again in the middle, when files were put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from asepsis.lake.foreign.mapping import apply
from asepsis.lake.foreign.rows import Pseudonyms, Row, complete, event_id, protocol
from asepsis.lake.foreign.tally import Tally, count, kind_name
from asepsis.lake.foreign.zeek_logs import LOGS, TELLING

SENSOR = "zeek"
UNKNOWN = "unknown"
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})|\\\\")
# Most fields of one line: a log has tens.
FIELDS = 1_024


class Text:
    """Reads lines of a log in text: keeps what its header says."""

    def __init__(self) -> None:
        self.path = UNKNOWN
        self._separator, self._sets, self._empty, self._unset = b"\t", b",", b"(empty)", b"-"
        self._names: list[str] = []
        self._lists: list[bool] = []

    def header(self, line: bytes) -> None:
        """Takes a line that begins with `#`."""
        if line.startswith(b"#separator "):
            self._separator = _unescaped(line[len(b"#separator ") :])[:8] or b"\t"
            return
        name, *values = line.split(self._separator, FIELDS)
        value = values[0] if values else b""
        if name == b"#set_separator":
            self._sets = _unescaped(value)[:8] or b","
        elif name == b"#empty_field":
            self._empty = value
        elif name == b"#unset_field":
            self._unset = value
        elif name == b"#path":
            self.path, self._names, self._lists = value.decode("utf-8", "replace"), [], []
        elif name == b"#fields":
            self._names, self._lists = [field.decode("utf-8", "replace").replace(".", "_") for field in values], []
        elif name == b"#types":
            self._lists = [kind.startswith((b"set[", b"vector[", b"table[")) for kind in values]

    def record(self, line: bytes) -> list[tuple[str, Any]] | str:
        """The fields of a line that are set, or why there are none."""
        if not self._names:
            return "neither JSON nor below a header"
        cells = line.split(self._separator, FIELDS)
        if len(cells) != len(self._names):
            return "other number of fields than its header"
        lists = self._lists if len(self._lists) == len(cells) else [False] * len(cells)
        return [
            (name, self._list(cell) if many else self._scalar(cell))
            for name, cell, many in zip(self._names, cells, lists, strict=True)
            if cell != self._unset
        ]

    def _scalar(self, cell: bytes) -> str:
        return "" if cell == self._empty else _text(cell)

    def _list(self, cell: bytes) -> list[str | None]:
        if cell == self._empty:
            return []
        return [None if entry == self._unset else self._scalar(entry) for entry in cell.split(self._sets, FIELDS)]


def _unescaped(cell: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", cell)


def _text(cell: bytes) -> str:
    return (_unescaped(cell) if b"\\" in cell else cell).decode("utf-8", "replace")


def of_json(record: dict[str, Any]) -> tuple[str, list[tuple[str, Any]]]:
    """Which log a JSON record is of, and its fields."""
    fields = [(name.replace(".", "_") if "." in name else name, value) for name, value in record.items()]
    path = record.get("_path", record.get("@stream"))
    if not isinstance(path, str):
        names = {name for name, _ in fields}
        path = next((log for field, log in TELLING.items() if field in names), UNKNOWN)
    return path, fields


def rows(path: str, fields: Iterable[tuple[str, Any]], keys: Pseudonyms, tally: Tally) -> Iterator[tuple[str, Row]]:
    """The rows of one record, which is counted whatever becomes of it."""
    log, name = LOGS.get(path), kind_name(SENSOR, path)
    if log is None:
        count(tally.unmapped, name)
        return
    values = dict(fields)
    row = apply(name, log.fields, values.items(), keys, tally)
    if row.get("ts") is None:
        count(tally.malformed, "no possible time")
        return
    count(tally.kinds, name)
    proto = protocol(row, _CARRIED.get(path))
    for number, made in enumerate(log.finish(row, values, keys)):
        complete(made, proto)
        made |= {"event_id": event_id(log.stream, made, number), "sensor": SENSOR}
        yield log.stream, made


# Protocols that only one transport carries, where the log does not say which.
_CARRIED = dict.fromkeys(("http", "ssl", "smb_files", "smb_mapping", "ftp", "smtp", "ssh"), "tcp") | {"dhcp": "udp"}
