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
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis import _wire
from asepsis.kit import files
from asepsis.lake import commits
from asepsis.lake.commits import Part
from asepsis.lake.days import by_day
from asepsis.lake.draft import Draft, without

if TYPE_CHECKING:
    import pyarrow as pa

    from asepsis.lake.days import Batch

# A part is closed at this many rows: what the search for doubles holds in memory is the ids of two parts (about 30 bytes each).
PART_ROWS = 100_000
# A run commits after this many rows, so that a kill late in a long run does not lose all of it.
COMMIT_ROWS = 2_000_000
# Parts open at once: each holds a file handle and the footer of its row groups.
OPEN_PARTS = 48
# Rows of this run's last parts that are remembered, 8 bytes each, so that they need not be read again to find rows that stand twice. A long
# connection has its row in the part of its end, with the time of its beginning: that part overlaps with all between.
REMEMBERED = 16 * PART_ROWS

_STAGING = ".staging"

Announce = Callable[[int], Mapping[str, object]]
# Stream and day, and whether the core made the rows.
_Key = tuple[str, str, bool]


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
        self._open: OrderedDict[_Key, Draft] = OrderedDict()
        self._closed: list[Part] = []
        self._ours: set[str] = set()
        self._ids: OrderedDict[str, tuple[_wire.Ids, int]] = OrderedDict()
        self._remembered = 0
        # Which rows of parts that stood before, a bit a row, this run was given again.
        self._met: dict[str, pa.BooleanArray] = {}
        self._rows = self._sequence = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for draft in self._open.values():
            draft.give_up()
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

    def write(self, stream: str, batch: Batch) -> None:
        """Takes rows of `stream`."""
        if batch.num_rows == 0:
            return
        for day, rows, span in by_day(batch):
            key = (stream, day, isinstance(rows, _wire.ArrowBatch))
            draft = self._draft(key, rows)
            draft.add(rows, span)
            if draft.rows >= PART_ROWS:
                self._close(key)
        self._rows += batch.num_rows
        if self._rows >= COMMIT_ROWS:
            self.commit()

    def commit(self, replaced: Iterable[str] = (), whole_since: int | None = None) -> bool:
        """Makes everything written so far count, in place of the parts `replaced`; whether there was anything to commit. Of what was there
        before `whole_since` rows have expired."""
        for key in list(self._open):
            self._close(key)
        gone = tuple(replaced)
        new = bool(self._closed or gone)
        if new:
            journal = self._announce(self._snapshot.n + 1)
            self._snapshot = commits.append(self._lake, self._snapshot, self._closed, gone, journal, whole_since)
        self._closed, self._rows = [], 0
        return new

    def _draft(self, key: _Key, first: Batch) -> Draft:
        if key not in self._open:
            while len(self._open) >= OPEN_PARTS:
                self._close(next(iter(self._open)))
            self._sequence += 1
            path = self._staging / f"{self._run}-{self._sequence:06}.parquet"
            self._open[key] = Draft(key[0], key[1], path, first)
        self._open.move_to_end(key)
        return self._open[key]

    def _close(self, key: _Key) -> None:
        """Finishes a part: without rows known already, synced and moved in place."""
        draft = self._open.pop(key)
        path = draft.path
        done, ids = draft.close()
        fresh = None if self._new else self._fresh(path, done, ids)
        if fresh is not None:
            if not fresh.true_count:
                path.unlink()
                return
            done, ids = without(path, fresh, done), None
        size = _sync(path)
        target = self._lake / done.path
        if not target.parent.exists():
            target.parent.mkdir(parents=True, mode=0o700)
            files.sync_directory(target.parent.parent)
            files.sync_directory(self._lake)
        os.replace(path, target)
        files.sync_directory(target.parent)
        self._ours.add(done.path)
        if ids is not None:
            self._remember(done.path, ids, done.rows)
        self._closed.append(Part(done.stream, done.path, done.rows, size, done.min_ts, done.max_ts))
        self.added[done.stream] += done.rows

    def _remember(self, path: str, ids: _wire.Ids, rows: int) -> None:
        self._ids[path] = ids, rows
        self._remembered += rows
        while self._remembered > REMEMBERED:
            _, (_, gone) = self._ids.popitem(last=False)
            self._remembered -= gone

    def _fresh(self, path: Path, part: Part, ids: _wire.Ids | None) -> pa.BooleanArray | None:
        """Which rows of the staged part are new to the lake; None if all are. Remembers which rows of the lake were met again."""
        others = [other for other in (*self._snapshot.parts, *self._closed) if part.overlaps(other) and self._may_meet(ids, other)]
        if not others and ids is not None and not ids.repeat():
            return None
        # Arrow is loaded only now: that takes longer than a small capture does as a whole.
        from asepsis.lake.doubles import either, held_by, neither, read_ids, repeated

        ours = read_ids(path)
        gone = repeated(ours)
        for other in others:
            theirs = read_ids(self._lake / other.path)
            found = held_by(ours, theirs)
            gone = either(gone, found)
            if found is not None and other.path not in self._ours:
                self._met[other.path] = either(self._met.get(other.path), held_by(theirs, ours))
        return None if gone is None else neither(gone)

    def _may_meet(self, ids: _wire.Ids | None, other: Part) -> bool:
        theirs, _ = self._ids.get(other.path, (None, 0))
        return ids is None or theirs is None or ids.meet(theirs)


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


def _sync(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        return os.fstat(fd).st_size
    finally:
        os.close(fd)
