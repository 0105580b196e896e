"""What others say of the same packets: tshark's fields, and byte streams that are put together here without the core."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from .captures import MORNING
from .rows import Row, open_captures, read

# Captures of real stacks that are not part of the project; without them the recorded morning stands alone.
HOSPITAL = sorted(Path(__file__).parents[3].joinpath("shared", "captures", "hospital").glob("*.pcap"))
BETWEEN, WITHIN = "\x1e", "\x1f"
Values = list[str]

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
needs_hospital = pytest.mark.skipif(not HOSPITAL, reason="../shared/captures/hospital is not here")


def captures(*kinds: str) -> pytest.MarkDecorator:
    """The morning, and what of the hospital's captures is of those kinds."""
    paths = [MORNING, *(path for path in HOSPITAL if path.name.startswith(kinds))]
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.name.partition(".")[0])


def read_by_tshark(path: Path, only: str, *fields: str, options: tuple[str, ...] = ()) -> list[list[Values]]:
    """Of each frame that matches, the values of each field."""
    command = ["tshark", "-n", "-r", str(path), "--enable-protocol", "communityid", "-Y", only, "-T", "fields", *options]
    command += ["-E", "occurrence=a", "-E", f"separator={BETWEEN}", "-E", f"aggregator={WITHIN}"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    return [[value.split(WITHIN) if value else [] for value in line.split(BETWEEN)] for line in out.split("\n") if line]


tshark = cache(read_by_tshark)


@cache
def rows(path: Path) -> dict[str, list[Row]]:
    """Our rows of the capture by stream, in order of time."""
    streams: dict[str, list[Row]] = defaultdict(list)
    for name, row in read(open_captures(path)):
        streams[name].append(row)
    for found in streams.values():
        found.sort(key=lambda row: row["ts"])
    return streams


def ours(path: Path, stream: str, *columns: str) -> list[tuple[object, ...]]:
    """Those columns of our rows, sorted; what is not there is None."""
    return ordered(tuple(row[column] for column in columns) for row in rows(path)[stream])


def ordered(values: object) -> list[tuple[object, ...]]:
    return sorted(values, key=repr)  # type: ignore[call-overload, no-any-return]


def first(values: Values) -> str | None:
    return values[0] if values else None


def number(values: Values) -> int | None:
    return int(values[0], 0) if values else None


def body(data: str) -> bytes:
    """A body of HTTP; tshark before 4.2 writes it as text where it is printable."""
    try:
        return bytes.fromhex(data)
    except ValueError:
        return re.sub(r"\\([rnt\\])", lambda found: {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}[found[1]], data).encode()


def uid(text: str) -> str:
    """The UID of `Name (1.2.3)`, which is how tshark writes those it knows."""
    found = re.search(r"([\d.]+)\)?$", text)
    return found[1] if found else text


def payloads(path: Path, only: str) -> dict[str, list[bytes]]:
    """By community id the bytes of both sides, who spoke first first; put in order by sequence number, as far as there is no gap."""
    segments: dict[str, dict[str, dict[int, bytes]]] = defaultdict(lambda: defaultdict(dict))
    for (flow,), (source,), (port,), (seq,), (data,) in tshark(
        path, f"{only} && tcp.len > 0", "communityid", "ip.src", "tcp.srcport", "tcp.seq", "tcp.payload"
    ):
        segments[flow][source + port].setdefault(int(seq), bytes.fromhex(data))
    return {flow: [_in_order(side) for side in sides.values()] for flow, sides in segments.items()}


def _in_order(segments: dict[int, bytes]) -> bytes:
    out = bytearray()
    for seq, data in sorted(segments.items()):
        if seq - 1 > len(out):
            break
        out += data[len(out) - (seq - 1) :]
    return bytes(out)
