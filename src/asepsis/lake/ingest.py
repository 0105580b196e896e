"""Captures, and logs of other sensors, into the lake."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asepsis import _wire
from asepsis.kit import files
from asepsis.kit.errors import BadInput, one_line
from asepsis.kit.output import Progress, iso
from asepsis.kit.site import Site
from asepsis.lake.footprint import keep_small
from asepsis.lake.foreign.files import Given, sort
from asepsis.lake.foreign.read import Logs
from asepsis.lake.writer import Writer

# Files that are named where some were left out; `lake ingest --json` has all.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of it. `streams` counts the rows of these captures by stream, whether or not they were there; `added` the new ones.

    `capture`: packets, bytes, first and last time, seconds. `problems`: (path, what) of captures that end badly; rows before that count.
    `skipped`: files of a folder that are no captures. `logs`: files, and what became of their lines and fields by name (foreign/tally.py);
    empty without any.
    """

    capture: dict[str, Any]
    streams: dict[str, int]
    added: dict[str, int]
    problems: list[tuple[str, str]]
    skipped: list[str]
    logs: dict[str, Any] = field(default_factory=dict)

    def left_out(self) -> str:
        """Which files of folders gave nothing, in words; empty if all gave something."""
        names = [one_line(Path(path).name) for path in self.skipped]
        if not names:
            return ""
        shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
        return f"left out, as neither captures nor logs, cut before the first packet, or not to be read: {len(names)} ({shown})"

    def check(self) -> None:
        """Raises BadInput, with the first of them, where files end badly: what stands before counts, but it must be heard."""
        if self.problems:
            where, what = self.problems[0]
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise BadInput(one_line(what, 200), Path(where).name, f"capture it again if the end matters{more}")


# What came of it so far, and the number of the commit that is about to be made (None: there was nothing new); gives the commit's anchor.
Record = Callable[[Ingested, int | None], Mapping[str, object]]


def run(site: Site, paths: Sequence[Path], progress: Progress | None, record: Record) -> Ingested:
    """Reads captures and logs into the lake of `site`; the caller holds the lake's lock. Raises BadInput; what was committed stays whole.

    What is done is recorded before it is done, so that no row stands without its entry; an entry whose commit is missing was cut short.
    """
    keep_small()
    try:
        run = _Run(site, sort(paths, site), progress)
        with Writer(site.lake, lambda n: record(run.so_far(writer), n)) as writer:
            run.write(writer)
            if not writer.commit():
                record(run.so_far(writer), None)
    except _wire.WireError as error:
        raise BadInput(error) from None
    except OSError as error:
        raise files.unwritable(error, site.lake, "the lake is consistent: make room and run the same command again") from None
    return run.so_far(writer)


class _Run:
    """What is read in one run: captures by the packet core, then logs."""

    def __init__(self, site: Site, given: Given, progress: Progress | None) -> None:
        self._given, self._progress = given, progress
        captures = [str(path) for path in given.captures]
        # Without any path the core would have nothing to refuse.
        wanted = captures or not given.logs
        self._reader = _wire.Reader(captures, site.key, site.key_id, site.name, cores()) if wanted else None
        self._logs = Logs(given.logs, site)

    def write(self, writer: Writer) -> None:
        if self._reader is not None:
            while (step := self._reader.next()) is not None:
                stream, batch = step
                if stream is not None and batch is not None:
                    writer.write(stream, batch)
                self._tell()
        for read in self._logs.batches():
            if read is not None:
                writer.write(*read)
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            done, total = (self._reader.report().bytes_read, self._reader.bytes_total) if self._reader is not None else (0, 0)
            self._progress(done + self._logs.bytes_read, total + self._logs.bytes_total)

    def so_far(self, writer: Writer) -> Ingested:
        report = None if self._reader is None else self._reader.report()
        problems = [*(() if report is None else report.problems), *self._logs.problems]
        named = [(path, one_line(what)) for path, what in problems]
        return Ingested(self._capture(report), dict(writer.seen), dict(writer.added), named, self._skipped(report), self._read())

    def _capture(self, report: _wire.Report | None) -> dict[str, Any]:
        logs = self._logs
        stamps = [logs.first_ts, logs.last_ts] + ([] if report is None else [report.first_ts, report.last_ts])
        times = [ts for ts in stamps if ts is not None]
        return {
            "packets": 0 if report is None else report.packets,
            "bytes": (0 if report is None else report.bytes_read) + logs.bytes_read,
            "first_ts": _time(min(times, default=None)),
            "last_ts": _time(max(times, default=None)),
            "seconds": (max(times) - min(times)) / 1e6 if times else None,
        }

    def _skipped(self, report: _wire.Report | None) -> list[str]:
        read = {str(path) for path in self._given.logs}
        of_folders = [] if report is None else [path for path in report.skipped if path not in read]
        return of_folders + [str(path) for path in self._given.skipped]

    def _read(self) -> dict[str, Any]:
        return {"files": len(self._given.logs), **self._logs.tally.form()} if self._given.logs else {}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _time(micros: int | None) -> str | None:
    if micros is None:
        return None
    try:
        return iso(datetime.fromtimestamp(micros / 1e6, UTC))
    except (ValueError, OverflowError, OSError):
        return None  # a clock beyond the calendar
