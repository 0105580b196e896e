"""Rows of a capture as plain values, as tests compare them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from asepsis import _wire

KEY, KEY_ID = bytes(range(32)), "k1"
Row = dict[str, Any]


def open_captures(*paths: Path) -> _wire.Reader:
    return _wire.Reader([str(path) for path in paths], KEY, KEY_ID, "golden")


def read(reader: _wire.Reader) -> Iterator[tuple[str, Row]]:
    """Stream and row, in the order the core gives them."""
    while (batch := reader.next()) is not None:
        stream, rows = batch
        if stream is not None:
            for row in pa.record_batch(rows).to_pylist():
                yield stream, row


def stream(name: str, *paths: Path) -> list[Row]:
    """Rows of one stream in order of time."""
    return sorted((row for kind, row in read(open_captures(*paths)) if kind == name), key=lambda row: row["ts"])


def golden(path: Path) -> str:
    """Problems and every row of the capture as JSON, one column a line, columns without a value left out."""
    reader = open_captures(path)
    rows = [{"stream": kind} | {name: _plain(value) for name, value in row.items() if value is not None} for kind, row in read(reader)]
    rows.sort(key=lambda row: (row["stream"], row["ts"], row["event_id"]))
    report = reader.report()
    rows.insert(0, {"packets": report.packets, "problems": [text for _, text in report.problems]})
    texts = [",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in row.items()) for row in rows]
    return "[\n" + ",\n".join(f" {{\n{text}\n }}" for text in texts) + "\n]\n"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
