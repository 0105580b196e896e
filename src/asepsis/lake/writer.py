"""Rows on their way into the lake.

Batches go as they come into Parquet parts, one a stream and day, in a staging folder (`lake/.staging/<run>`); no rows wait in memory.
When a part is full it is closed, rows that the lake holds already are taken out, and it is moved in place; `commit` makes all moved parts
count at once. `event_id` is deterministic, so a long ingest may commit on the way: killed and run again, the rows are the same.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from asepsis.kit import files
from asepsis.lake import commits
from asepsis.lake.commits import Part
from asepsis.lake.doubles import either, held_by, neither, read_ids, repeated

# A part is closed at this many rows: what the search for doubles holds in memory is the ids of two parts (about 30 bytes each).
PART_ROWS = 100_000
# A run commits after this many rows, so that a kill late in a long run does not lose all of it.
COMMIT_ROWS = 2_000_000
# Parts open at once: each holds a file handle and the footer of its row groups.
OPEN_PARTS = 48
# Forged clocks may scatter one batch over the centuries; then the day folder of its first row serves all of it.
DAYS_PER_BATCH = 64
SPAN_DAYS = 36_525

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAGING = ".staging"
# Values of these differ from row to row, so a dictionary only costs.
_UNIQUE = frozenset({"event_id", "ts", "id_orig_p"})
# Readers prune by time; statistics over other columns cost more than they save.
_STATISTICS = ["ts"]


Announce = Callable[[int], Mapping[str, object]]
# Earliest and latest `ts` of rows, microseconds since 1970.
Span = tuple[int, int]


@dataclass(slots=True)
class _Open:
    """A part being written."""

    stream: str
    day: str
    path: Path
    writer: pq.ParquetWriter
    rows: int = 0
    min_ts: int = 2**63 - 1
    max_ts: int = -(2**63)

    def add(self, batch: pa.RecordBatch, low: int, high: int) -> None:
        self.writer.write_batch(batch, row_group_size=max(1, batch.num_rows))
        self.rows += batch.num_rows
        self.min_ts, self.max_ts = min(self.min_ts, low), max(self.max_ts, high)


class Writer:
    """One run of writing. The caller holds the lake's lock; `with` removes what was not committed.

    `added` counts the rows that the lake did not hold before, by stream. `announce` is told the number of a commit just before it is made,
    and gives what the commit keeps of the journal; if it raises, nothing is committed. `new`: the lake can hold none of these rows yet, as
    they were just heard; then it is not searched for them.
    """

    def __init__(self, lake: Path, announce: Announce, new: bool = False) -> None:
        recover(lake)
        self._new = new
        self.added: Counter[str] = Counter()
        self._lake, self._announce = lake, announce
        self._run = secrets.token_hex(8)
        self._staging = lake / _STAGING / self._run
        # Read before the folder is made, which would excuse parts without a commit.
        self._snapshot = commits.read(lake)
        self._staging.mkdir(parents=True, mode=0o700)
        self._open: OrderedDict[tuple[str, str], _Open] = OrderedDict()
        self._closed: list[Part] = []
        self._ours: set[str] = set()
        # Which rows of parts that stood before, a bit a row, this run was given again.
        self._met: dict[str, pa.BooleanArray] = {}
        self._rows = self._sequence = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for part in self._open.values():
            # The disk that failed the run fails the footer too; the file is removed below.
            with suppress(OSError):
                part.writer.close()
        self._open.clear()
        if self._closed or error is not None:
            recover(self._lake)
        else:
            _remove_staging(self._lake, self._run)

    @property
    def seen(self) -> Counter[str]:
        """The distinct rows given so far, by stream, whether or not the lake held them."""
        seen = Counter(self.added)
        for path, rows in self._met.items():
            seen[path.split("/")[0]] += rows.true_count
        return seen

    def write(self, stream: str, batch: pa.RecordBatch, span: Span | None = None) -> None:
        """Takes rows of `stream`; `span` is looked up where it is not known."""
        if batch.num_rows == 0:
            return
        for day, rows, low, high in _by_day(batch, span or _span(batch)):
            part = self._part(stream, day, rows.schema)
            part.add(rows, low, high)
            if part.rows >= PART_ROWS:
                self._close((stream, day))
        self._rows += batch.num_rows
        if self._rows >= COMMIT_ROWS:
            self.commit()

    def commit(self, replaced: Iterable[str] = ()) -> bool:
        """Makes everything written so far count, in place of the parts `replaced`; whether there was anything new."""
        for key in list(self._open):
            self._close(key)
        new = bool(self._closed)
        if new:
            journal = self._announce(self._snapshot.n + 1)
            self._snapshot = commits.append(self._lake, self._snapshot, self._closed, replaced, journal)
        self._closed, self._rows = [], 0
        return new

    def _part(self, stream: str, day: str, schema: pa.Schema) -> _Open:
        key = (stream, day)
        if key not in self._open:
            while len(self._open) >= OPEN_PARTS:
                self._close(next(iter(self._open)))
            self._sequence += 1
            path = self._staging / f"{self._run}-{self._sequence:06}.parquet"
            self._open[key] = _Open(stream, day, path, _parquet_writer(path, schema))
        self._open.move_to_end(key)
        return self._open[key]

    def _close(self, key: tuple[str, str]) -> None:
        """Finishes a part: without rows known already, synced and moved in place."""
        part = self._open.pop(key)
        part.writer.close()
        done = Part(part.stream, f"{part.stream}/day={part.day}/{part.path.name}", part.rows, 0, part.min_ts, part.max_ts)
        fresh = None if self._new else self._fresh(part.path, done)
        if fresh is not None:
            if not fresh.true_count:
                part.path.unlink()
                return
            done = _rewrite(part.path, fresh, done)
        size = _sync(part.path)
        target = self._lake / done.path
        if not target.parent.exists():
            target.parent.mkdir(parents=True, mode=0o700)
            files.sync_directory(target.parent.parent)
            files.sync_directory(self._lake)
        os.replace(part.path, target)
        files.sync_directory(target.parent)
        self._ours.add(done.path)
        self._closed.append(Part(done.stream, done.path, done.rows, size, done.min_ts, done.max_ts))
        self.added[done.stream] += done.rows

    def _fresh(self, path: Path, part: Part) -> pa.BooleanArray | None:
        """Which rows of the staged part are new to the lake; None if all are. Remembers which rows of the lake were met again."""
        ours = read_ids(path)
        gone = repeated(ours)
        for other in (*self._snapshot.parts, *self._closed):
            if not part.overlaps(other):
                continue
            theirs = read_ids(self._lake / other.path)
            found = held_by(ours, theirs)
            gone = either(gone, found)
            if found is not None and other.path not in self._ours:
                self._met[other.path] = either(self._met.get(other.path), held_by(theirs, ours))
        return None if gone is None else neither(gone)


def recover(lake: Path) -> None:
    """Removes what a run left that did not end well: its staging folder and the parts that no commit lists. Under the lake's lock only."""
    staging = lake / _STAGING
    if not staging.exists():
        return
    listed = {part.path for part in commits.read(lake).parts}
    for run in staging.iterdir():
        # A part of that run carries its name, and so does the search: nothing else is touched.
        for path in lake.glob(f"*/day=*/{run.name}-*.parquet"):
            if str(path.relative_to(lake)) not in listed:
                path.unlink(missing_ok=True)
        _remove_staging(lake, run.name)
    for path in (lake / "_commits").glob(".*.tmp"):
        path.unlink(missing_ok=True)


def _remove_staging(lake: Path, run: str) -> None:
    shutil.rmtree(lake / _STAGING / run, ignore_errors=True)
    with suppress(OSError):  # not empty: the next run tries again
        (lake / _STAGING).rmdir()


def _by_day(batch: pa.RecordBatch, span: Span) -> list[tuple[str, pa.RecordBatch, int, int]]:
    """The rows by day of `ts` (UTC), with the span of each."""
    low, high = span
    first, last = low // _DAY_US, high // _DAY_US
    if first == last or last - first > SPAN_DAYS or batch.column("ts").null_count:
        return [(_day(first), batch, low, high)]
    import pyarrow.compute as pc

    # Counted from the first day on, because integer division rounds towards zero.
    number = pc.divide(pc.subtract(batch.column("ts").cast(pa.int64()), first * _DAY_US), _DAY_US)
    days = pc.unique(number)
    if len(days) > DAYS_PER_BATCH:
        return [(_day(first), batch, low, high)]
    result = []
    for day in sorted(days.to_pylist()):
        rows = batch.filter(pc.equal(number, day))
        result.append((_day(first + day), rows, *_span(rows)))
    return result


def _span(rows: pa.RecordBatch | pa.Table) -> Span:
    import pyarrow.compute as pc

    span = pc.min_max(rows.column("ts").cast(pa.int64())).as_py()
    return (span["min"], span["max"]) if span["min"] is not None else (0, 0)


def _day(number: int) -> str:
    """Folder name of a day since 1970; a clock beyond the calendar has a folder of its own."""
    try:
        return (_EPOCH + timedelta(days=number)).date().isoformat()
    except OverflowError:
        return "unknown"


def _parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    names = [field.name for field in schema if field.name not in _UNIQUE]
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, use_dictionary=names, write_statistics=_STATISTICS, store_schema=False
    )


def _rewrite(path: Path, keep: pa.BooleanArray, part: Part) -> Part:
    """Writes the part again with the rows of `keep` only, a row group at a time."""
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
                first, last = _span(table)
                rows, low, high = rows + table.num_rows, min(low, first), max(high, last)
    os.replace(aside, path)
    return Part(part.stream, part.path, rows, 0, low, high)


def _sync(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        return os.fstat(fd).st_size
    finally:
        os.close(fd)
