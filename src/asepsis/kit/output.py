"""What commands print: JSON for programs, tables for people, progress on stderr only."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any

from asepsis.kit.errors import one_line

# Bytes done, bytes in all.
Progress = Callable[[int, int], None]

# Width of a table that goes to a file or pipe, where cutting cells would lose what the reader asked for.
_PIPE_WIDTH = 200


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`; microseconds only where there are any."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text + "Z"


def plain(value: Any) -> Any:
    """`value` as JSON knows it: times as ISO 8601 `Z`, NaN and infinities null, bytes in hex,
    decimals as numbers, dataclasses as objects, sets sorted."""
    if value is None or (isinstance(value, (str, bool, int)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, (date, Path)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value))
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def in_words(paths: Sequence[Path], many: str = "paths") -> str:
    """What was given to a command, short: `a.pcap`, `standard input`, `3 captures`."""
    if len(paths) != 1:
        return f"{len(paths):,} {many}"
    return "standard input" if str(paths[0]) == "-" else one_line(paths[0].name or paths[0])


def print_json(value: Any) -> None:
    """One JSON value on stdout, and nothing else."""
    print(json.dumps(plain(value), indent=2, allow_nan=False))


def print_json_line(value: Any) -> None:
    """One JSON value on a line of its own, out at once: for what goes on."""
    print(json.dumps(plain(value), separators=(",", ":"), allow_nan=False), flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table for people. Cells are data: neither markup nor terminal codes in them take effect."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(Text(one_line(column)), overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else one_line(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False).print(table)


class ProgressBar:
    """A line on stderr that shows how far a long act is. Silent for the first second, and where stderr is no terminal.

    `with ProgressBar("reading") as progress: ... progress(done, total)`
    """

    PATIENCE_S = 1.0
    EVERY_S = 0.1

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + self.PATIENCE_S
        self._drawn = False
        self._live = sys.stderr.isatty()

    def __enter__(self) -> ProgressBar:
        return self

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._live or now < self._next:
            return
        self._next, self._drawn = now + self.EVERY_S, True
        share = min(1.0, done / total) if total > 0 else 0.0
        width = max(10, min(40, shutil.get_terminal_size().columns - len(self._what) - 12))
        bar = "#" * round(share * width)
        print(f"\r{self._what} [{bar:<{width}}] {share:4.0%}", end="", file=sys.stderr, flush=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
