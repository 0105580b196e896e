"""Packets as they come, into the lake: a commit every few seconds, whole or not at all."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from asepsis import _wire
from asepsis.kit import files
from asepsis.kit.errors import BadInput, one_line
from asepsis.kit.site import Site
from asepsis.lake import commits, kept
from asepsis.lake.compact import Announce, Leftovers, due, merge, sweep
from asepsis.lake.footprint import keep_small
from asepsis.lake.kept import Keep, Kept
from asepsis.lake.writer import Writer

# Rows leave the core after a second and the next commit takes them: below five seconds.
COMMIT_S = 2.0
COMMIT_ROWS = 200_000
WAIT_MS = 500
# Between two looks at whether small parts have become many.
TIDY_S = 30.0
# Between two looks at whether packets that were kept by earlier runs are too old.
SWEEP_S = 600.0


@dataclass(frozen=True, slots=True)
class Ear:
    """What is to be heard: an interface, how many rings share it, and how many MiB each ring holds while nobody reads; and how many of its
    packets are to be kept, if any are."""

    interface: str
    rings: int = 1
    ring_mib: int = 64
    promiscuous: bool = True
    keep: Keep | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What has come since listening began: packets, packets that the kernel had to drop, rows in the lake; what was kept if anything is."""

    packets: int
    dropped: int
    rows: int
    kept: Kept | None = None


# Called before a commit with what was heard and the commit's number; gives the commit's anchor in the journal.
Record = Callable[[Heard, int], Mapping[str, object]]


def listen(site: Site, ear: Ear, stopped: Callable[[], bool], record: Record, keeps: Callable[[Keep], None]) -> Iterator[Heard]:
    """Writes what `ear` hears into the lake of `site` until `stopped`; gives what was heard after every few seconds, committed.

    `keeps` is called before the first packet is kept. Raises WrongUse for more packets to keep than there is room for; BadInput for an
    interface that is unknown, may not be listened to, or goes away; what was committed stays.
    """
    keep_small()
    if ear.keep:
        kept.check(site, ear.interface, ear.keep)
    # What merging and midnight need: when root has become the owner of the site, the program's own files may be out of reach.
    import_module("pyarrow.parquet")
    import_module("pyarrow.compute")
    owner = site.path.stat()
    try:
        live = _wire.Live(ear, site.key, site.key_id, site.name, (owner.st_uid, owner.st_gid))
    except _wire.WireError as error:
        raise BadInput(error, todo="`ip link` shows the interfaces; listening needs root or CAP_NET_RAW") from None
    # Only now: what root made before would not be the owner's.
    with files.lock(site.lake / ".lock", "this lake"):
        sweep(site.lake)
    with ExitStack() as held:
        held.enter_context(files.shared(watch_lock(site)))
        if ear.keep:
            held.enter_context(kept.keeping(site, live, ear.interface, ear.keep, keeps))
        yield from _hear(site, live, stopped, record)
    if live.error:
        raise BadInput("listening ended", ear.interface, live.error)


def watch_lock(site: Site) -> Path:
    """The lock file that every watch of the site shares."""
    return site.lake / ".watch"


def _hear(site: Site, live: _wire.Live, stopped: Callable[[], bool], record: Record) -> Iterator[Heard]:
    """One commit after the other, and between them what keeps the site small."""
    rows, over, tidied, swept, left = 0, False, time.monotonic(), float("-inf"), Leftovers()
    told = site.key_id
    while not over:
        try:
            added, over = _commit(site, live, rows, stopped, record)
            if not over and time.monotonic() - tidied > TIDY_S:
                _tidy(site, left, lambda n: record(_heard(live, rows), n))  # noqa: B023 - called at once
                tidied = time.monotonic()
        except OSError as error:
            raise files.unwritable(error, site.lake, "the lake is consistent: make room and begin again") from None
        rows += added
        told = _tell_of_key(site, told)
        if time.monotonic() - swept > SWEEP_S:
            _sweep_packets(site)
            swept = time.monotonic()
        yield _heard(live, rows)


def _tell_of_key(site: Site, told: str) -> str:
    """Says once that the key was rotated; the id of the key that was told of. The core has given up what it would need to begin anew, and a
    sensor that stops by itself is blind: so who runs it begins it again."""
    with suppress(BadInput):
        now = Site.open(site.path).key_id
        if now != told:
            what = f"the key of the site is {now} now, and this watch goes on with {site.key_id}"
            print(f"asepsis: {what}: stop it and begin again", file=sys.stderr, flush=True)
        return now
    return told


def _sweep_packets(site: Site) -> None:
    """Removes packets whose time is over; if that fails somebody must know, and the sensor goes on."""
    try:
        kept.sweep(site)
    except OSError as error:
        told = f"packets whose time is over cannot be removed: {one_line(site.packets)}: {one_line(error)}"
        print(f"asepsis: {told}", file=sys.stderr, flush=True)


def _heard(live: _wire.Live, rows: int) -> Heard:
    return Heard(live.packets, live.dropped, rows, kept.kept(live))


def _commit(site: Site, live: _wire.Live, before: int, stopped: Callable[[], bool], record: Record) -> tuple[int, bool]:
    """Takes rows for the time of one commit; how many, and whether they were the last."""
    batches: list[tuple[str, _wire.ArrowBatch]] = []
    over, until, rows = False, time.monotonic() + COMMIT_S, 0
    while not over and rows < COMMIT_ROWS and time.monotonic() < until:
        if stopped():
            live.stop()
            until = float("inf")
        step = live.next(WAIT_MS)
        over = step is None
        stream, batch = step or (None, None)
        if stream is not None and batch is not None:
            batches.append((stream, batch))
            rows += batch.num_rows
    if rows:
        with (
            files.lock(site.lake / ".lock", "this lake"),
            Writer(site.lake, lambda n: record(_heard(live, before + rows), n), new=True) as writer,
        ):
            for given in batches:
                writer.write(*given)
            writer.commit()
    return rows, over


def _tidy(site: Site, left: Leftovers, announce: Announce) -> None:
    """Merges the parts that are most alike, if there are enough of them."""
    left.remove()
    with files.lock(site.lake / ".lock", "this lake"):
        if parts := due(commits.read(site.lake)):
            left.add(merge(site.lake, parts, announce))
