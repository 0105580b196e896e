"""Lines of a log, decompressed if need be, none of them longer than a bound."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# Longest line: an EVE record with a payload or a body in it is some hundred kilobytes; what is longer is no record.
LINE = 1 << 20
# What is looked at to tell a log from anything else.
HEAD, HEAD_LINES = 64 << 10, 16
_BUFFER = 256 << 10

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Keys of which every record of Zeek or Suricata has one.
_KEYS = frozenset({"event_type", "ts", "_path", "@stream"})
_ZEEK_HEADERS = (b"#separator", b"#set_separator", b"#fields", b"#path")

# What is wrong with a file, not with the lake: its beginning was read.
BROKEN = (OSError, EOFError, zlib.error)


class _Zstandard(io.RawIOBase):
    """Arrow's decompression as a stream of Python's; Arrow is loaded only for that."""

    def __init__(self, file: IO[bytes]) -> None:
        import pyarrow as pa

        self._source: pa.CompressedInputStream = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
        self._broken = pa.ArrowException

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(len(buffer))
        except self._broken as error:
            raise OSError(str(error)) from None
        buffer[: len(data)] = data
        return len(data)


class Source:
    """An open log. `read` is how many bytes of the file itself were read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            magic = self._file.read(4)
            self._file.seek(0)
        except OSError:
            self._file.close()
            raise
        self._lines: IO[bytes]
        if magic.startswith(_GZIP):
            self._lines = io.BufferedReader(gzip.GzipFile(fileobj=self._file), _BUFFER)
        elif magic == _ZSTD:
            self._lines = io.BufferedReader(_Zstandard(self._file), _BUFFER)
        else:
            self._lines = self._file

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    @property
    def read(self) -> int:
        return self._file.tell()

    def head(self) -> bytes:
        return self._lines.read(HEAD)

    def lines(self) -> Iterator[bytes | None]:
        """Every line without its end; None for one that is too long."""
        while line := self._lines.readline(LINE + 1):
            if len(line) > LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = self._lines.readline(LINE)
                yield None
            elif line := line.rstrip(b"\r\n"):
                yield line


def is_log(path: Path) -> bool:
    """Whether this file is a log of Zeek or Suricata, by its first lines."""
    try:
        with Source(path) as source:
            head = source.head()
    except BROKEN:
        return False
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(_ZEEK_HEADERS):
        return True
    if b"\n" not in head and len(head) > HEAD // 2:
        return head.startswith(b"{") and any(f'"{key}"'.encode() in head for key in _KEYS)
    return any(isinstance(record := parsed(line), dict) and not _KEYS.isdisjoint(record) for line in head.splitlines()[:HEAD_LINES])


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parsed(line: bytes) -> Any:
    """What a line of JSON says; None if it is none, or too deep."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        return _DECODER.decode(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
