"""Rows whose time is over go: by the clock on the wall, because how long a thing is kept is promised to people, and they live by that one.

Parts that hold nothing else go as they are; one that also holds younger rows, or rows that something cites, is written again with these.
Both in one commit, a batch of parts after the other, so that a sensor can commit between them. Then their files are removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis.kit import files
from asepsis.kit.output import Progress
from asepsis.lake import commits
from asepsis.lake.commits import Part, Snapshot
from asepsis.lake.compact import open_part, read
from asepsis.lake.reading import Reading, unread
from asepsis.lake.writer import Writer, recover

if TYPE_CHECKING:
    import pyarrow as pa

# What one commit looks at: the lake is locked as long as that takes, some seconds.
BATCH_PARTS, BATCH_ROWS = 128, 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The commit that is about to be made, and rows that go with it by stream; gives what the commit keeps of the journal.
Announce = Callable[[int, Mapping[str, int]], Mapping[str, object]]
Cited = Callable[[], Collection[str]]


@dataclass(frozen=True, slots=True)
class Policy:
    """Days that rows of a stream are kept, and the moment before which they are over."""

    days: int
    before: datetime

    @property
    def micros(self) -> int:
        return (self.before - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a stream: rows that went, and rows that are over and stay because something cites them."""

    stream: str
    days: int
    before: datetime
    rows: int
    cited: int


@dataclass(frozen=True, slots=True)
class Expired:
    """What expired, or would (`dry_run`), and how many files went."""

    dry_run: bool
    rows: int
    files: int
    streams: tuple[Fate, ...]


@dataclass(frozen=True, slots=True)
class _Over:
    """A part with rows that are over: how many go, and how many are cited."""

    part: Part
    gone: int
    cited: int

    @property
    def whole(self) -> bool:
        return self.gone == self.part.rows


def policies(days: Mapping[str, int], now: datetime) -> dict[str, Policy]:
    """The policy of each stream at `now`."""
    return {stream: Policy(kept, now - timedelta(days=kept)) for stream, kept in days.items()}


def look(lake: Path, plan: Mapping[str, Policy], cited: Cited, progress: Progress | None = None) -> Expired:
    """What would expire. Changes nothing."""
    with Reading(lake):
        snapshot = commits.read(lake)
        tally = _Tally(plan, snapshot)
        over = _candidates(snapshot, plan, ())
        named = _named(cited)
        for n, part in enumerate(over):
            tally.add(_look(lake, part, plan[part.stream], named))
            _tell(progress, n + 1, len(over))
    return tally.expired(True, 0)


def expire(
    lake: Path, plan: Mapping[str, Policy], cited: Cited, locked: Callable[[], AbstractContextManager[None]], announce: Announce,
    progress: Progress | None = None,
) -> Expired:  # fmt: skip
    """Removes what is over, except rows whose `event_id` is `cited`. `locked` is the lake's lock. Wherever it is killed, readers see all of
    a batch or nothing, and the same again does what is left. On a full disk what needs no room goes first; then it raises OSError."""
    seen: set[str] = set()
    tally = _Tally(plan, commits.read(lake))
    total = len(_candidates(commits.read(lake), plan, ()))
    more = True
    while more:
        with locked():
            recover(lake)
            snapshot = commits.read(lake)
            batch, more = _batch(snapshot, plan, seen)
            named = _named(cited)
            over = [_look(lake, part, plan[part.stream], named) for part in batch]
            if going := [each for each in over if each.gone]:
                _commit(lake, going, plan, named, announce)
            # What was written again is looked at no more.
            seen |= {part.path for part in batch} | (_paths(commits.read(lake)) - _paths(snapshot))
        for each in over:
            tally.add(each)
        _tell(progress, len(seen), total)
    with locked():
        return tally.expired(False, _remove_files(lake))


class _Tally:
    """Counts by stream."""

    def __init__(self, plan: Mapping[str, Policy], snapshot: Snapshot) -> None:
        held = {part.stream for part in snapshot.parts}
        self._plan = {stream: policy for stream, policy in sorted(plan.items()) if stream in held}
        self._gone, self._cited = Counter[str](), Counter[str]()

    def add(self, over: _Over) -> None:
        self._gone[over.part.stream] += over.gone
        self._cited[over.part.stream] += over.cited

    def expired(self, dry_run: bool, files: int) -> Expired:
        fates = [Fate(name, policy.days, policy.before, self._gone[name], self._cited[name]) for name, policy in self._plan.items()]
        return Expired(dry_run, self._gone.total(), files, tuple(fates))


def _paths(snapshot: Snapshot) -> set[str]:
    return {part.path for part in snapshot.parts}


def _candidates(snapshot: Snapshot, plan: Mapping[str, Policy], seen: Collection[str]) -> list[Part]:
    """Parts that may hold rows that are over, the oldest first."""
    found = (part for part in snapshot.parts if part.stream in plan and part.min_ts < plan[part.stream].micros and part.path not in seen)
    return sorted(found, key=lambda part: (part.min_ts, part.path))


def _batch(snapshot: Snapshot, plan: Mapping[str, Policy], seen: Collection[str]) -> tuple[list[Part], bool]:
    """The parts that the next commit looks at, and whether there are more."""
    waiting, chosen, rows = _candidates(snapshot, plan, seen), list[Part](), 0
    for part in waiting[:BATCH_PARTS]:
        if chosen and rows + part.rows > BATCH_ROWS:
            break
        chosen.append(part)
        rows += part.rows
    return chosen, len(chosen) < len(waiting)


def _named(cited: Cited) -> pa.Array:
    import pyarrow as pa

    return pa.array(sorted(cited()), pa.string())


def _look(lake: Path, part: Part, policy: Policy, named: pa.Array) -> _Over:
    """What of a part is over. Nothing is read where the log and the clock say it: all of it, and nothing is cited."""
    if part.max_ts < policy.micros and not len(named):
        return _Over(part, part.rows, 0)
    path = lake / part.path
    with open_part(path) as file:
        old, kept = _old(read(path, lambda: file.read(columns=["event_id", "ts"])), policy, named)
    return _Over(part, old.true_count - kept.true_count, kept.true_count)


def _old(rows: pa.Table, policy: Policy, named: pa.Array) -> tuple[pa.BooleanArray, pa.BooleanArray]:
    """True where a row is over; true where it is and something cites it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = rows.combine_chunks()
    old = pc.fill_null(pc.less(rows.column("ts").cast(pa.int64()), policy.micros), False)
    return old.combine_chunks(), pc.and_(old, pc.is_in(rows.column("event_id"), value_set=named)).combine_chunks()


def _commit(lake: Path, over: list[_Over], plan: Mapping[str, Policy], named: pa.Array, announce: Announce) -> None:
    """One commit that takes these rows out. The caller holds the lake's lock."""
    try:
        _write(lake, over, plan, named, announce)
    except OSError as error:
        whole = [each for each in over if each.whole]
        if files.is_full(error) and 0 < len(whole) < len(over):
            # There is no room to write a part again, so the parts go that need none.
            _write(lake, whole, plan, named, announce)
            _remove_files(lake)
        raise


def _write(lake: Path, over: list[_Over], plan: Mapping[str, Policy], named: pa.Array, announce: Announce) -> None:
    rows = Counter[str]()
    for each in over:
        rows[each.part.stream] += each.gone
    with Writer(lake, lambda n: announce(n, dict(sorted(rows.items()))), new=True) as writer:
        for each in over:
            if not each.whole:
                for batch in _left(lake, each.part, plan[each.part.stream], named):
                    writer.write(each.part.stream, batch)
        writer.commit([each.part.path for each in over], max(plan[stream].micros for stream in rows))


def _left(lake: Path, part: Part, policy: Policy, named: pa.Array) -> Iterator[pa.RecordBatch]:
    """The rows of a part that stay, a row group at a time."""
    import pyarrow.compute as pc

    path = lake / part.path
    with open_part(path) as file:
        for group in range(file.num_row_groups):
            rows = read(path, lambda: file.read_row_group(group))  # noqa: B023 - called at once
            old, kept = _old(rows, policy, named)
            yield from rows.filter(pc.or_(pc.invert(old), kept)).combine_chunks().to_batches()


def _remove_files(lake: Path) -> int:
    """Removes parts that no commit lists, as soon as no reader can want one; how many. The caller holds the lake's lock, so nobody is about
    to commit one."""
    listed = _paths(commits.read(lake))
    gone = [path for path in lake.glob("*/day=*/*.parquet") if str(path.relative_to(lake)) not in listed]
    if gone:
        with unread(lake):
            for path in gone:
                path.unlink(missing_ok=True)
        _remove_empty({path.parent for path in gone})
    return len(gone)


def _remove_empty(days: Iterable[Path]) -> None:
    for day in days:
        with suppress(OSError):
            day.rmdir()
            files.sync_directory(day.parent)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
