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
from asepsis.lake.waiting import patiently, pipes
from asepsis.lake.writer import Writer

# Files that are named where some were left out or have a problem; `lake ingest --json` has all.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of it. `streams` counts the rows of these captures by stream, whether or not they were there; `added` the new ones.

    `capture`: packets, bytes, first and last time, seconds. `problems`: (path, what) of captures, and folders in those given, that did not
    give all that they hold; what they gave counts. `skipped`: files of a folder that are no captures, or empty. `logs`: files, and what
    became of their lines and fields by name (foreign/tally.py); empty without any.
    """

    capture: dict[str, Any]
    streams: dict[str, int]
    added: dict[str, int]
    problems: list[tuple[str, str]]
    skipped: list[str]
    logs: dict[str, Any] = field(default_factory=dict)

    def notes(self) -> list[str]:
        """What did not give all that it holds, and which files of folders are neither captures nor logs: lines for a person."""
        notes = [f"{_named(where)}: {what}" for where, what in self.problems[:NAMED]]
        if len(self.problems) > NAMED:
            notes.append(f"{len(self.problems) - NAMED} more were not read whole")
        if self.skipped:
            names = ", ".join(one_line(Path(path).name) for path in self.skipped[:NAMED]) + (", ..." if len(self.skipped) > NAMED else "")
            notes.append(f"left out, as empty or neither captures nor logs: {len(self.skipped)} ({names})")
        return notes

    def span(self) -> str:
        """From when to when, to the second; empty if nothing has a time, or one beyond the calendar."""
        first, last = self.capture["first_ts"], self.capture["last_ts"]
        return f"from {first[:19]}Z to {last[:19]}Z" if first and last else ""

    def check(self) -> None:
        """Raises BadInput, with the first of them, where something was not read whole: what was read counts, but it must be heard."""
        if self.problems:
            where, what = self.problems[0]
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            todo = f"all else was read; mend it or capture it again, and run the same command{more}"
            raise BadInput(f"{_named(where)}: {one_line(what, 200)}", todo=todo)


# No capture was given: what came of that.
NOTHING_READ = Ingested({"packets": 0, "bytes": 0, "first_ts": None, "last_ts": None, "seconds": None}, {}, {}, [], [])


def _named(path: str) -> str:
    return "standard input" if path == "-" else one_line(path)


# What came of it so far, and the number of the commit that is about to be made (None: there was nothing new); gives the commit's anchor.
Record = Callable[[Ingested, int | None], Mapping[str, object]]


def run(site: Site, paths: Sequence[Path], progress: Progress | None, record: Record, cores: int = 1, apart: bool = False) -> Ingested:
    """Reads captures and logs into the lake of `site`; the caller holds the lake's lock. Raises BadInput; what was committed stays whole.

    What is done is recorded before it is done, so that no row stands without its entry; an entry whose commit is missing was cut short.
    """
    keep_small()
    try:
        run = _Run(site, sort(paths), progress, cores, apart)
        with Writer(site.lake, lambda n: record(run.so_far(writer), n)) as writer:
            run.write(writer)
            if not writer.commit():
                record(run.so_far(writer), None)
    except _wire.WireError as error:
        raise BadInput(error) from None
    except OSError as error:
        raise files.unwritable(error, site.lake, "the lake is consistent: make room and run the same command again") from None
    return run.so_far(writer)


def look(paths: Sequence[Path]) -> None:
    """Raises BadInput for paths that `run` would refuse. Pipes are not looked into: what comes out of them comes once."""
    given = sort(paths)
    waiting = pipes(given.captures)
    captures = [str(path) for path in given.captures if path not in waiting]
    try:
        if captures:
            _wire.Reader(captures, bytes(32), "look", "look", [str(path) for path in given.logs])
    except _wire.WireError as error:
        raise BadInput(error) from None


class _Run:
    """What is read in one run: captures by the packet core, then logs."""

    def __init__(self, site: Site, given: Given, progress: Progress | None, cores: int, apart: bool) -> None:
        self._given, self._progress = given, progress
        self._cores, self._apart = min(cores, available_cores()), apart
        # Without any path the core would have nothing to refuse.
        self._reader = self._open(site) if given.captures or not given.logs else None
        self._logs = Logs(given.logs, site)

    def _open(self, site: Site) -> _wire.Reader:
        captures, logs = [str(path) for path in self._given.captures], [str(path) for path in self._given.logs]

        def open_() -> _wire.Reader:
            return _wire.Reader(captures, site.key, site.key_id, site.name, logs, self._cores, self._apart)

        waiting = pipes(self._given.captures)
        return patiently(open_, waiting) if waiting else open_()

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
        skipped = [] if report is None else report.skipped
        return Ingested(self._capture(report), dict(writer.seen), dict(writer.added), named, skipped, self._read())

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

    def _read(self) -> dict[str, Any]:
        return {"files": len(self._given.logs), **self._logs.tally.form()} if self._given.logs else {}


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _time(micros: int | None) -> str | None:
    if micros is None:
        return None
    try:
        return iso(datetime.fromtimestamp(micros / 1e6, UTC))
    except (ValueError, OverflowError, OSError):
        return None  # a clock beyond the calendar
