"""A part of the lake while it is written.

Rows of the core are encoded where they were made (crates/wire-parquet), which is most of an ingest's speed. Rows that Python made (logs of
other sensors, merged parts) go through Arrow, which compresses better and is loaded only then.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from asepsis import _wire
from asepsis.lake.commits import Part
from asepsis.lake.days import Span, span

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from asepsis.lake.days import Batch

# Values of these differ from row to row, so a dictionary only costs.
_UNIQUE = frozenset({"event_id", "ts", "id_orig_p"})
# Readers prune by time; statistics over other columns cost more than they save.
_STATISTICS = ["ts"]


class Draft:
    """One file, `path`, of rows of one stream and day. `close` gives which rows they are, if the core wrote them."""

    def __init__(self, stream: str, day: str, path: Path, first: Batch) -> None:
        self.path = path
        self._stream, self._day = stream, day
        self._file: _wire.Part | _Arrow = _wire.Part(path, stream) if isinstance(first, _wire.ArrowBatch) else _Arrow(path, first.schema)
        self.rows = 0
        self._min_ts, self._max_ts = 2**63 - 1, -(2**63)

    def add(self, batch: Batch, span: Span) -> None:
        # The writer keeps a draft for each who makes rows.
        self._file.write(cast("Any", batch))
        self.rows += batch.num_rows
        self._min_ts, self._max_ts = min(self._min_ts, span[0]), max(self._max_ts, span[1])

    def close(self) -> tuple[Part, _wire.Ids | None]:
        ids = self._file.close()
        return Part(self._stream, f"{self._stream}/day={self._day}/{self.path.name}", self.rows, 0, self._min_ts, self._max_ts), ids

    def give_up(self) -> None:
        """Lets go of the file, whatever stands in it."""
        # The disk that failed the run fails the footer too.
        with suppress(OSError):
            self._file.close()


class _Arrow:
    """A Parquet file of rows that Arrow has."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = _parquet_writer(path, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch, row_group_size=max(1, batch.num_rows))

    def close(self) -> None:
        self._writer.close()


def without(path: Path, keep: pa.BooleanArray, part: Part) -> Part:
    """Writes the file of a part again with the rows of `keep` only, a row group at a time."""
    import pyarrow.parquet as pq

    aside = path.with_suffix(".again")
    rows, low, high = 0, part.max_ts, part.min_ts
    with pq.ParquetFile(path) as source, _parquet_writer(aside, source.schema_arrow) as sink:
        start = 0
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            mask, start = keep[start : start + table.num_rows], start + table.num_rows
            table = table.filter(mask)
            if table.num_rows:
                sink.write_table(table, row_group_size=table.num_rows)
                first, last = span(table)
                rows, low, high = rows + table.num_rows, min(low, first), max(high, last)
    os.replace(aside, path)
    return Part(part.stream, part.path, rows, 0, low, high)


def _parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    import pyarrow.parquet as pq

    names = [field.name for field in schema if field.name not in _UNIQUE]
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, use_dictionary=names, write_statistics=_STATISTICS, store_schema=False
    )
