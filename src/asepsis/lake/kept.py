"""Packets that a site decided to keep for some hours, under its seal (crates/wire/src/kept). Off unless a size is given."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asepsis import _wire
from asepsis.kit import files, size
from asepsis.kit.errors import AsepsisError, BadInput, WrongUse
from asepsis.kit.output import Progress
from asepsis.kit.site import Site

LEAST = 100_000_000
"""Bytes: six segments, not yet a second at 1 Gbit/s."""
RESERVE = 1 << 30
"""Bytes of the disk that are left to the lake (KEPT_RESERVE of the core)."""

# What the head of a segment says of its key. There is one: the keys of pseudonyms rotate, the seal does not.
_SEAL = "k1"
_WAIT_MS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keep:
    """How much of an interface is kept: bytes of the disk, and hours."""

    size: int
    hours: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What has become of packets that are to be kept: what there is now, how many are safe on disk and how many were lost to it since
    listening began, and why nothing is kept just now."""

    segments: int
    bytes: int
    packets: int
    lost: int
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Segment:
    """Some seconds of an interface, as the head of its file tells; `why` if it tells nothing."""

    interface: str
    file: str
    bytes: int
    first: datetime | None = None
    last: datetime | None = None
    expires: datetime | None = None
    packets: int = 0
    lost: int = 0
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which packets are asked for; both ends of the time belong to it."""

    begin: datetime
    end: datetime
    host: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export gave: packets, their span, segments opened, packets of about that time that could not be kept, segments left out."""

    packets: int
    first: datetime | None
    last: datetime | None
    segments: int
    lost: int
    problems: tuple[tuple[str, str], ...]

    def check(self) -> None:
        """Raises BadInput for segments that were left out."""
        for path, why in self.problems[:1]:
            more = f", and {len(self.problems) - 1} more" if self.problems[1:] else ""
            raise BadInput("a segment could not be opened and is left out", f"{path}{more}", why)


def check(site: Site, interface: str, keep: Keep) -> None:
    """Raises WrongUse for a size that makes no sense, here."""
    if keep.size < LEAST:
        raise WrongUse("too little to keep packets in", size.show(keep.size), f"at least {size.show(LEAST)}")
    own = sum(path.stat().st_size for path in _folder(site, interface).glob("*.packets"))
    spare = max(0, shutil.disk_usage(site.path).free + own - RESERVE)
    if keep.size > spare:
        todo = f"the disk has {size.show(spare)} for them, and {size.show(RESERVE)} that stay free for the lake"
        raise WrongUse("more than the disk can keep", size.show(keep.size), todo)


@contextmanager
def keeping(site: Site, live: _wire.Live, interface: str, keep: Keep, keeps: Callable[[Keep], None]) -> Iterator[None]:
    """Keeps packets from when `keeps` has returned, and lets nobody else keep those of the interface as long as the block lasts."""
    folder = _folder(site, interface)
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, exist_ok=True)
    with files.alone(folder / ".lock") as alone:
        if not alone:
            raise BadInput("another watch keeps the packets of this interface", interface, "stop it, or listen without --keep-packets")
        keeps(keep)
        try:
            live.keep(folder, keep.size, keep.hours * 3600, site.seal, _SEAL)
        except _wire.WireError as error:
            raise BadInput("cannot keep packets", error) from None
        try:
            yield
        finally:
            # What is still on its way is safe on disk before somebody else may begin.
            live.stop()
            while live.next(_WAIT_MS) is not None:
                pass


def kept(live: _wire.Live) -> Kept | None:
    """What has become of the packets so far."""
    return None if live.kept is None else Kept(*live.kept)


def sweep(site: Site) -> None:
    """Removes what is too old by its own head, also where nobody keeps packets any more."""
    for folder in _folders(site):
        with files.alone(folder / ".lock") as alone:
            if alone:
                _wire.kept_sweep(folder, time.time_ns())


def segments(site: Site) -> list[Segment]:
    """What is kept, each interface in the order in which it came; what is too old goes now."""
    sweep(site)
    return [segment for segment in _all(site) if segment.expires is None or segment.expires > datetime.now(UTC)]


def export(site: Site, wanted: Wanted, out: Path, record: Callable[[Exported], None], progress: Progress | None = None) -> Exported:
    """Writes what is wanted to a new file, in clear, for its owner only; no file if there is nothing. `record` is called before the file
    has its name. Raises BadInput for a file that is there already, or cannot be written."""
    if out.exists():
        raise BadInput("the file is there already", out, "name a new one")
    sweep(site)
    try:
        with files.NewFile(out) as new:
            exported = _export(site, wanted, new.path, progress)
            record(exported)
            if exported.packets:
                new.publish()
    except AsepsisError:
        raise
    except OSError as error:
        raise BadInput("cannot write", out, error.strerror or error) from None
    return exported


def erase(site: Site) -> tuple[int, int]:
    """Removes every segment for ever; how many, and their bytes. A watch that runs goes on with new ones."""
    found = _all(site)
    for segment in found:
        _wire.kept_forget(Path(segment.file))
    sweep(site)
    return len(found), sum(segment.bytes for segment in found)


def _export(site: Site, wanted: Wanted, path: Path, progress: Progress | None) -> Exported:
    # A microsecond holds a thousand packets' times.
    span = (_nanoseconds(wanted.begin), _nanoseconds(wanted.end) + 999)
    try:
        running = _wire.KeptExport(_folders(site), site.seal, _SEAL, path, span, wanted.host, wanted.port)
    except _wire.WireError as error:
        raise BadInput(error) from None
    while running.step():
        if progress:
            progress(running.bytes_read, running.bytes_total)
    first, last = running.span or (None, None)
    return Exported(running.packets, _moment(first), _moment(last), running.segments, running.lost, tuple(running.problems))


def _all(site: Site) -> list[Segment]:
    found = []
    for folder in _folders(site):
        for path, length, facts, why in _wire.kept_segments(folder):
            if facts is None:
                found.append(Segment(folder.name, path, length, why=why))
            else:
                first, last, expires, packets, lost = facts
                found.append(Segment(folder.name, path, length, _moment(first), _moment(last), _moment(expires), packets, lost))
    return found


def _folder(site: Site, interface: str) -> Path:
    return site.packets / interface


def _folders(site: Site) -> list[Path]:
    return sorted(path for path in site.packets.iterdir() if path.is_dir()) if site.packets.is_dir() else []


def _moment(nanoseconds: int | None) -> datetime | None:
    # Beyond the calendar only if a clock was; the head's numbers are 64 bits, the year 2262.
    return None if nanoseconds is None else _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
