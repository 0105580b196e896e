"""The archive: many files in one, with the SHA-256 of each.

A tar (POSIX.1-1988 ustar; GNU's numbers where a size needs more than 33 bits) under Zstandard (RFC 8878). The first member, `backup.json`,
says what it is; the last, `manifest.json`, has size and SHA-256 (FIPS 180-4) of every file between, as they are known only then. Members
are plain files: on reading, a link, a device, or a header that goes before another is refused before anything of it is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from asepsis.kit import files
from asepsis.kit.errors import BadInput
from asepsis.kit.output import Progress

FORMAT = 1
RESERVE = 64 << 20
"""Bytes of the disk that an archive may not fill."""

_FIRST, _LAST = "backup.json", "manifest.json"
_FIRST_BYTES, _LINE_BYTES = 64 << 10, 512
_BLOCK = 1 << 20
_WHOLE = "it was cut short, changed or made by something else: take another backup"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an archive: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


class _Hashed:
    """A file that is read once, and what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.size, self._digest = file, 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data

    def kept(self) -> Kept:
        return Kept(self.size, self._digest.hexdigest())


class _Valve:
    """Where an archive is written to, until it is shut: then the writers of Zstandard and tar close in peace, and nothing comes of it."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.shut = file, False

    def write(self, data: bytes) -> int:
        return len(data) if self.shut else self._file.write(data)

    def flush(self) -> None:
        if not self.shut:
            self._file.flush()

    def close(self) -> None:
        self.flush()


class ArchiveWriter:
    """Puts files into an archive, one after the other. `with` writes the manifest and the end, unless an error ends it."""

    def __init__(self, out: IO[bytes], about: dict[str, Any]) -> None:
        import pyarrow as pa

        self._valve = _Valve(out)
        self._packed = pa.CompressedOutputStream(pa.PythonFile(self._valve, mode="w"), "zstd")
        self._tar = tarfile.open(fileobj=self._packed, mode="w|", format=tarfile.GNU_FORMAT)  # noqa: SIM115 - `__exit__` closes it
        self.kept: dict[str, Kept] = {}
        self._put_bytes(_FIRST, json.dumps({"format": FORMAT, **about}).encode())

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._put_bytes(_LAST, json.dumps({name: [kept.size, kept.sha256] for name, kept in self.kept.items()}).encode())
                self._tar.close()
                self._packed.close()
        finally:
            self._valve.shut = True
            self._tar.close()
            self._packed.close()

    def add(self, name: str, file: IO[bytes], size: int, changed: float) -> None:
        """The next `size` bytes of `file`, which was `changed` so many seconds after 1970. Raises OSError if there are fewer."""
        read = _Hashed(file)
        self._put(name, read, size, int(changed))
        self.kept[name] = read.kept()

    def _put_bytes(self, name: str, data: bytes) -> None:
        self._put(name, BytesIO(data), len(data), 0)

    def _put(self, name: str, file: Any, size: int, changed: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, changed
        self._tar.addfile(member, file)
        # It remembers each member, and nobody asks.
        self._tar.members = []  # type: ignore[attr-defined]


class _PlainFile(tarfile.TarInfo):
    """A member that can only be a plain file: nothing of any other is looked at, such as a name that is as long as a disk."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _PlainFile:
        member = super().frombuf(buf, encoding, errors)
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise tarfile.ReadError(f"{member.name[:100]} is no plain file")
        return member


def unpack(
    archive: Path, into: Path, expected: re.Pattern[str], progress: Progress | None = None
) -> tuple[dict[str, Any], dict[str, Kept]]:
    """Writes the files of `archive` into the folder `into`, which is new; what the archive says of itself, and its files.

    Raises BadInput for one that is damaged, cut short or made by a newer version, for a name that is not `expected`, for a file that is
    not what the manifest says, and where the disk would be full; then `into` holds rubbish, and whoever calls removes it.
    """
    with archive.open("rb") as file, _damaged(archive):
        members = _members(_Counted(file, archive.stat().st_size, progress))
        about = _about(archive, next(members, None))
        kept: dict[str, Kept] = {}
        for member, content in members:
            name = member.name
            if name == _LAST:
                told = json.loads(_small(content, _FIRST_BYTES + _LINE_BYTES * len(kept)))
                if told != {name: [one.size, one.sha256] for name, one in kept.items()} or next(members, None) is not None:
                    raise BadInput("the backup is not what its manifest says", archive, _WHOLE)
                return about, kept
            if not expected.fullmatch(name) or name in kept:
                raise BadInput(
                    f"the backup holds what belongs to no site, '{name[:100]}'", archive, "do not use it: somebody may have made it up"
                )
            kept[name] = _write(content, into / name, into)
            # When a key was made is the time of its file.
            os.utime(into / name, (member.mtime, member.mtime))
    raise BadInput("the backup has no end", archive, _WHOLE)


class _Counted:
    """The archive as it is read, which tells how far that is."""

    def __init__(self, file: IO[bytes], total: int, progress: Progress | None) -> None:
        self._file, self._total, self._progress = file, total, progress

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self._progress:
            self._progress(self._file.tell(), self._total)
        return data

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        self._file.close()


def _members(archive: _Counted) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    import pyarrow as pa

    unpacked = pa.CompressedInputStream(pa.PythonFile(archive, mode="r"), "zstd")
    with tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_PlainFile) as tar:
        while (member := tar.next()) is not None:
            # It remembers each member, and nobody asks.
            tar.members = []  # type: ignore[attr-defined]
            content = tar.extractfile(member)
            assert content is not None
            yield member, content


@contextmanager
def _damaged(archive: Path) -> Iterator[None]:
    """What the readers of tar, Zstandard and JSON say of what they cannot read, as one error of ours."""
    try:
        yield
    except BadInput:
        raise
    except (OSError, tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:
        raise BadInput("not a whole backup", archive, f"{_WHOLE} ({error})") from None


def _about(archive: Path, first: tuple[tarfile.TarInfo, IO[bytes]] | None) -> dict[str, Any]:
    told = json.loads(_small(first[1], _FIRST_BYTES)) if first and first[0].name == _FIRST else None
    if not isinstance(told, dict) or type(told.get("format")) is not int:
        raise BadInput("no backup of asepsis", archive, "name a file that `asepsis backup` made")
    if told["format"] > FORMAT:
        raise BadInput(f"made by a newer asepsis (format {told['format']}, this one knows {FORMAT})", archive, "upgrade asepsis")
    return told


def _small(content: IO[bytes], limit: int) -> bytes:
    data = content.read(limit + 1)
    if len(data) > limit:
        raise ValueError("longer than it can be")
    return data


def _write(content: IO[bytes], to: Path, disk: Path) -> Kept:
    read = _Hashed(content)
    try:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
            while block := read.read(_BLOCK):
                if shutil.disk_usage(disk).free < RESERVE + len(block):
                    raise BadInput("no space left", disk, "make room and restore again: nothing of it is there")
                out.write(block)
    except OSError as error:
        if error.errno is None:
            raise
        raise files.unwritable(error, disk, "make room and restore again: nothing of it is there") from None
    return read.kept()
