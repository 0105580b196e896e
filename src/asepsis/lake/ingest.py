"""Captures into the lake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from asepsis import _wire
from asepsis.kit import files
from asepsis.kit.errors import BadInput, one_line
from asepsis.kit.output import Progress, iso
from asepsis.kit.site import Site
from asepsis.lake.footprint import keep_small
from asepsis.lake.writer import Writer


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of it. `streams` counts the rows of these captures by stream, whether or not they were there; `added` the new ones.

    `capture`: packets, bytes, first and last time, seconds. `problems`: (path, what) of captures that end badly; rows before that count.
    `skipped`: files of a folder that are no captures.
    """

    capture: dict[str, Any]
    streams: dict[str, int]
    added: dict[str, int]
    problems: list[tuple[str, str]]
    skipped: list[str]


# What came of it so far, and the number of the commit that is about to be made (None: there was nothing new); gives the commit's anchor.
Record = Callable[[Ingested, int | None], Mapping[str, object]]


def run(site: Site, paths: Sequence[Path], progress: Progress | None, record: Record) -> Ingested:
    """Reads the captures into the lake of `site`; the caller holds the lake's lock. Raises BadInput; what was committed stays whole.

    What is done is recorded before it is done, so that no row stands without its entry; an entry whose commit is missing was cut short.
    """
    keep_small()
    try:
        reader = _wire.Reader([str(path) for path in paths], site.key, site.key_id, site.name)
        with Writer(site.lake, lambda n: record(_so_far(reader, writer), n)) as writer:
            while (step := reader.next()) is not None:
                stream, batch = step
                if stream is not None and batch is not None:
                    writer.write(stream, pa.record_batch(batch))
                if progress is not None:
                    progress(reader.bytes_read, reader.bytes_total)
            if not writer.commit():
                record(_so_far(reader, writer), None)
    except _wire.WireError as error:
        raise BadInput(error) from None
    except OSError as error:
        raise files.unwritable(error, site.lake, "the lake is consistent: make room and run the same command again") from None
    return _so_far(reader, writer)


def _so_far(reader: _wire.Reader, writer: Writer) -> Ingested:
    problems = [(path, one_line(what)) for path, what in reader.problems]
    return Ingested(_capture(reader), dict(writer.seen), dict(writer.added), problems, list(reader.skipped))


def _capture(reader: _wire.Reader) -> dict[str, Any]:
    first, last = reader.first_ts, reader.last_ts
    return {
        "packets": reader.packets,
        "bytes": reader.bytes_read,
        "first_ts": _time(first),
        "last_ts": _time(last),
        "seconds": (last - first) / 1e6 if first is not None and last is not None else None,
    }


def _time(micros: int | None) -> str | None:
    if micros is None:
        return None
    try:
        return iso(datetime.fromtimestamp(micros / 1e6, UTC))
    except (ValueError, OverflowError, OSError):
        return None  # a clock beyond the calendar
