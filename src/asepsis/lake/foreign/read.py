"""Logs of other sensors, line by line, as batches of our streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis.kit.site import Site
from asepsis.lake.foreign.lines import BROKEN, Source, parsed
from asepsis.lake.foreign.rows import Batches, Pseudonyms, Row
from asepsis.lake.foreign.tally import Tally, count

if TYPE_CHECKING:
    import pyarrow as pa

    from asepsis.lake.foreign.zeek import Text

# Lines between two signs of life.
LINES = 2_000


class Logs:
    """Reads logs. `tally` counts what became of their lines, `problems` names those that end badly; the span is that of their rows."""

    def __init__(self, paths: Sequence[Path], site: Site) -> None:
        self._paths, self._keys = paths, Pseudonyms(site.key, site.key_id)
        self._done = self._open = 0
        self.tally = Tally()
        self.problems: list[tuple[str, str]] = []
        self.first_ts: int | None = None
        self.last_ts: int | None = None
        self.bytes_total = sum(path.stat().st_size for path in paths)

    @property
    def bytes_read(self) -> int:
        return self._done + self._open

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch] | None]:
        """Every batch with its stream; None as a sign of life."""
        waiting = Batches()
        for path in self._paths:
            for read in self._read(path):
                if read is None:
                    yield None
                    continue
                stream, row, size = read
                ts = row["ts"]
                self.first_ts = ts if self.first_ts is None else min(self.first_ts, ts)
                self.last_ts = ts if self.last_ts is None else max(self.last_ts, ts)
                if (batch := waiting.add(stream, row, size)) is not None:
                    yield stream, batch
        yield from waiting.rest().items()

    def _read(self, path: Path) -> Iterator[tuple[str, Row, int] | None]:
        """The rows of one file. What cannot be read to its end is a problem; what stands before counts."""
        # Most runs read captures alone and need no mapping.
        from asepsis.lake.foreign.zeek import Text

        number = 0
        try:
            with Source(path) as source:
                text = Text()
                for number, line in enumerate(source.lines(), 1):
                    if number % LINES == 0:
                        self._open = source.read
                        yield None
                    for stream, row in self._rows(line, text):
                        yield stream, row, len(line or b"")
                self._done, self._open = self._done + source.read, 0
        except BROKEN as error:
            self._done, self._open = self._done + self._open, 0
            self.problems.append((str(path), f"cannot be read after line {number}: {error}; the lines before it were read"))

    def _rows(self, line: bytes | None, text: Text) -> Iterator[tuple[str, Row]]:
        from asepsis.lake.foreign import zeek

        tally = self.tally
        if line is not None and line.startswith(b"#"):
            text.header(line)
            return
        tally.lines += 1
        if line is None:
            count(tally.malformed, "too long")
        elif line.startswith(b"{"):
            yield from self._json(line)
        elif isinstance(record := text.record(line), str):
            count(tally.malformed, record)
        else:
            yield from zeek.rows(text.path, record, self._keys, tally)

    def _json(self, line: bytes) -> Iterator[tuple[str, Row]]:
        from asepsis.lake.foreign import suricata, zeek

        record = parsed(line)
        if not isinstance(record, dict):
            count(self.tally.malformed, "no JSON object")
        elif "event_type" in record:
            yield from suricata.rows(record, self._keys, self.tally)
        else:
            path, fields = zeek.of_json(record)
            yield from zeek.rows(path, fields, self._keys, self.tally)
