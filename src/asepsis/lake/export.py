"""Rows of the lake for other programs: a row group at a time, so that memory does not grow with the answer; only columns of the streams."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from asepsis import _wire
from asepsis.kit import files
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.output import Progress, iso
from asepsis.lake import commits
from asepsis.lake.commits import Part
from asepsis.lake.compact import open_part, read
from asepsis.lake.reading import Reading
from asepsis.lake.streams import streams

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Format(StrEnum):
    """How rows are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: of these streams, from `since` on and before `until`."""

    streams: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None


class Sink(Protocol):
    """Takes the rows of one stream after the other."""

    def write(self, stream: str, rows: pa.Table) -> None: ...
    def close(self) -> None: ...


class Lines:
    """An object a line; `stream` says whose row it is."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, stream: str, rows: pa.Table) -> None:
        from asepsis.lake.answer import rows_of

        for row in rows_of(rows):
            cells = {"stream": stream} | dict(zip(rows.column_names, row, strict=True))
            self._out.write(json.dumps(cells, separators=(",", ":"), allow_nan=False) + "\n")

    def close(self) -> None:
        self._out.flush()


class Commas:
    """CSV (RFC 4180) with a heading; lists as JSON, times as ISO 8601."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._writer, self._begun = out, csv.writer(out), False

    def write(self, stream: str, rows: pa.Table) -> None:
        from asepsis.lake.answer import rows_of

        if not self._begun:
            self._writer.writerow(rows.column_names)
            self._begun = True
        for row in rows_of(rows):
            self._writer.writerow([json.dumps(cell) if isinstance(cell, (list, bool)) else cell for cell in row])

    def close(self) -> None:
        self._out.flush()


class Columns:
    """A Parquet file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._writer: pq.ParquetWriter | None = None

    def write(self, stream: str, rows: pa.Table) -> None:
        if self._writer is None:
            import pyarrow.parquet as pq

            self._writer = pq.ParquetWriter(self._out, rows.schema, compression="zstd")
        if rows.num_rows:
            self._writer.write_table(rows)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._out.flush()


def export(lake: Path, wanted: Selection, sink: Sink, progress: Progress | None = None) -> int:
    """Gives `sink` an empty table of each stream, then its rows by the beginning of their parts; how many there were. They are those of the
    moment when it began."""
    with Reading(lake):
        snapshot = commits.read(lake)
        chosen = [part for name in wanted.streams for part in _parts(snapshot.of(name), wanted)]
        total, done, rows = sum(part.size for part in chosen), 0, 0
        for name in wanted.streams:
            sink.write(name, _empty(name))
            for part in (part for part in chosen if part.stream == name):
                for table in _rows(lake / part.path, name, wanted):
                    sink.write(name, table)
                    rows += table.num_rows
                done += part.size
                if progress is not None:
                    progress(done, total)
    sink.close()
    return rows


def check(wanted: Selection, format: Format, out: Path | None) -> None:
    """Raises WrongUse for what the format cannot hold or the terminal cannot show, BadInput for a file that is there already."""
    known = streams()
    for name in wanted.streams:
        if name not in known:
            raise WrongUse("no such stream", name, "`asepsis lake streams` lists them")
    if format is not Format.JSONL and len(wanted.streams) != 1:
        raise WrongUse(f"{format} holds one stream", todo="name it with --stream, or write --format jsonl")
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise WrongUse("--since is not before --until", f"{iso(wanted.since)}, {iso(wanted.until)}")
    if format is Format.PARQUET and out is None and sys.stdout.isatty():
        raise WrongUse("Parquet is not for a terminal", todo="name a file, or send it to one")
    if out is not None and out.exists():
        raise BadInput("the file is there already", out, "name a new one")


def to(lake: Path, wanted: Selection, format: Format, out: Path | None, progress: Progress | None = None) -> int:
    """Writes rows to a new file `out`, which is there when it is whole, or to standard output; how many there were."""
    if out is None:
        return export(lake, wanted, _sink(format, sys.stdout, sys.stdout.buffer), progress)
    try:
        with files.NewFile(out) as new, new.path.open("wb") as file:
            text = TextIOWrapper(file, "utf-8", newline="")
            rows = export(lake, wanted, _sink(format, text, file), progress)
            new.publish()
    except FileExistsError:
        raise BadInput("the file is there already", out, "name a new one") from None
    except OSError as error:
        raise files.unwritable(error, out, "make room, or name a place with more") from None
    return rows


def _sink(format: Format, text: TextIO, binary: BinaryIO) -> Sink:
    if format is Format.PARQUET:
        return Columns(binary)
    return Lines(text) if format is Format.JSONL else Commas(text)


def _parts(parts: Sequence[Part], wanted: Selection) -> list[Part]:
    """Parts that may hold such rows, in the order of their first."""
    low, high = _micros(wanted.since), _micros(wanted.until)
    found = (p for p in parts if (low is None or p.max_ts >= low) and (high is None or p.min_ts < high))
    return sorted(found, key=lambda part: (part.min_ts, part.path))


def _rows(path: Path, stream: str, wanted: Selection) -> Iterator[pa.Table]:
    schema = _empty(stream).schema
    with open_part(path) as file:
        for group in range(file.num_row_groups):
            table = _within(read(path, lambda: file.read_row_group(group)), wanted)  # noqa: B023 - called at once
            if table.num_rows:
                yield _as(table, schema)


def _within(rows: pa.Table, wanted: Selection) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    for bound, compare in ((_micros(wanted.since), pc.greater_equal), (_micros(wanted.until), pc.less)):
        if bound is not None:
            rows = rows.filter(compare(rows.column("ts").cast(pa.int64()), bound))
    return rows


def _as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with the columns of today's schema: what an older version did not know is null."""
    import pyarrow as pa

    cells = [
        rows.column(field.name).cast(field.type) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(cells, schema=schema)


def _empty(stream: str) -> pa.Table:
    import pyarrow as pa

    batch: Any = pa.record_batch(_wire.empty(stream))
    return pa.Table.from_batches([batch])


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
