"""Many small parts become few. A sensor commits a part a stream every few seconds, and a query opens every part of a stream.

Parts of one stream and day that are alike in size are merged, sixteen into one, as log-structured merge trees do (O'Neil 1996): every
row is written again some four times at the most. The parts that went stay on disk for a while, for readers that just found their names.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis.kit.errors import BadInput
from asepsis.lake import commits
from asepsis.lake.commits import Part, Snapshot
from asepsis.lake.writer import PART_ROWS, Writer

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

FAN = 16
# Rows of a part by which sizes are told apart: each is the power of the one before.
_STEP = 8
# Rows that are read before they are written as one row group: memory is bounded by them and one part.
_GROUP_ROWS = 8_192
# A reader that has found the name of a part opens it within this time, and the part itself stays open.
GRACE_S = 600.0
# Parts that no commit lists and that are older than this were left by a program that was killed.
_ORPHAN_S = 3600.0

Announce = Callable[[int], Mapping[str, object]]


def due(snapshot: Snapshot, fan: int = FAN) -> list[Part]:
    """The parts that are merged next, oldest first: of the newest day at least `fan`, of a day that is over any two."""
    alike: defaultdict[tuple[str, int], list[Part]] = defaultdict(list)
    newest: dict[str, str] = {}
    for part in snapshot.parts:
        folder = part.path.rpartition("/")[0]
        newest[part.stream] = max(newest.get(part.stream, ""), folder)
        if part.rows <= PART_ROWS // 2:
            alike[folder, _size(part.rows)].append(part)
    worth = [parts for (folder, _), parts in alike.items() if len(parts) >= (fan if folder in newest.values() else 2)]
    many = max(worth, key=len, default=[])
    chosen: list[Part] = []
    rows = 0
    for part in sorted(many, key=lambda part: (part.min_ts, part.path)):
        rows += part.rows
        if rows > PART_ROWS and len(chosen) > 1:
            break
        chosen.append(part)
    return chosen


def merge(lake: Path, parts: list[Part], announce: Announce) -> list[Path]:
    """Makes one part of `parts` and commits that; gives the files that nobody needs any more. The caller holds the lake's lock."""
    import pyarrow as pa

    with Writer(lake, announce, new=True) as writer:
        # Columns that an older version did not know are null.
        none = pa.unify_schemas([open_part(lake / part.path).schema_arrow for part in parts]).empty_table()
        waiting = [none]
        for part in parts:
            waiting.append(open_part(lake / part.path).read())
            if sum(table.num_rows for table in waiting) >= _GROUP_ROWS:
                _write(writer, parts[0].stream, waiting)
                waiting = [none]
        _write(writer, parts[0].stream, waiting)
        writer.commit(part.path for part in parts)
    gone = [lake / part.path for part in parts]
    for file in gone:
        # From now on it is an orphan: its age counts from here.
        os.utime(file)
    return gone


class Leftovers:
    """Files of parts that were merged, until their time has come."""

    def __init__(self) -> None:
        self._files: deque[tuple[float, Path]] = deque()

    def add(self, files: list[Path]) -> None:
        self._files.extend((time.monotonic() + GRACE_S, file) for file in files)

    def remove(self) -> None:
        """Removes those whose time has come."""
        while self._files and self._files[0][0] <= time.monotonic():
            self._files.popleft()[1].unlink(missing_ok=True)


def sweep(lake: Path) -> None:
    """Removes parts that no commit lists, as a program left them that was killed. Under the lake's lock only."""
    listed = {part.path for part in commits.read(lake).parts}
    before = time.time() - _ORPHAN_S
    for path in lake.glob("*/day=*/*.parquet"):
        if str(path.relative_to(lake)) not in listed and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def _size(rows: int) -> int:
    size = 0
    while rows >= _STEP:
        rows //= _STEP
        size += 1
    return size


def open_part(path: Path) -> pq.ParquetFile:
    """The file of a part. Raises BadInput if it is not there or no longer readable."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (FileNotFoundError, pa.ArrowException):
        raise lost(path) from None


def read(path: Path, what: Callable[[], pa.Table]) -> pa.Table:
    """Rows of a part that is open. Raises BadInput if they cannot be read: not an error of who writes them elsewhere."""
    import pyarrow as pa

    try:
        return what()
    except (OSError, pa.ArrowException):
        raise lost(path) from None


def lost(path: Path) -> BadInput:
    """What is said of a part that the log lists and that cannot be read."""
    return BadInput("a part of the lake is missing or damaged", path, "restore it from a backup")


def _write(writer: Writer, stream: str, waiting: list[pa.Table]) -> None:
    import pyarrow as pa

    table = pa.concat_tables(waiting, promote_options="default").combine_chunks()
    for batch in table.to_batches():
        writer.write(stream, batch)
