"""The journal's files.

    journal.jsonl   an entry a line, only ever appended to
    head.json       where it ends (`asepsis.kit.head`), replaced at once; made with the site

The line is written and synced first, the head second. Killed between them, the next append carries the head forward; killed within the
line, the next append moves the torn bytes aside (`torn-*`) and says so in an entry.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from asepsis.journal import chain
from asepsis.journal.chain import Entry
from asepsis.kit import files
from asepsis.kit import head as heads
from asepsis.kit.errors import DoesNotHold
from asepsis.kit.head import Head, HeadLost

_BLOCK = 1 << 16


class Book:
    """The files of one journal. Whoever appends holds `lock()`."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self._lines, self._head = folder / "journal.jsonl", folder / "head.json"
        self._key = key

    def lock(self) -> Path:
        """The lock file of the journal."""
        return self.folder / ".lock"

    def head(self) -> Head:
        """Where the chain ends. Raises HeadLost."""
        return heads.read(self._head, self._key)

    def vouched(self) -> Head:
        """Where the chain ends. Raises DoesNotHold: without its head nothing can be added to a journal."""
        try:
            return self.head()
        except HeadLost:
            what = "the journal's head is missing or forged" if self.folder.is_dir() else "the journal is gone"
            raise DoesNotHold(what, self.folder, "`asepsis journal verify`; restore it from a backup") from None

    def lines(self) -> Iterator[bytes]:
        """The complete lines, without their ends. A longer line than any entry comes as far as it was read, and matches nothing."""
        if not self._lines.exists():
            return
        with self._lines.open("rb") as file:
            while line := file.readline(chain.LINE_BYTES + 1):
                if line.endswith(b"\n"):
                    yield line[:-1]
                elif len(line) > chain.LINE_BYTES:
                    yield line

    def last(self, count: int) -> list[bytes]:
        """The last complete lines, so many at the most, in order; what stands before them is not read."""
        size, tail = self._size(), b""
        with self._lines.open("rb") if size else open(os.devnull, "rb") as file:
            at = size
            while at and tail.count(b"\n") <= count:
                at = max(0, at - _BLOCK)
                file.seek(at)
                tail = file.read(min(_BLOCK, size - at - len(tail))) + tail
        # What begins before the block is half a line, and so is what has no end.
        lines = tail.split(b"\n")[:-1]
        return (lines if at == 0 else lines[1:])[-count:]

    def since(self, ts: str) -> Iterator[bytes]:
        """The complete lines from one on that stands shortly before the first of `ts` or later: it is found by halving, for entries are in
        the order of time."""
        low, high = 0, self._size()
        with self._lines.open("rb") if high else open(os.devnull, "rb") as file:
            while high - low > _BLOCK:
                middle = (low + high) // 2
                file.seek(middle)
                file.readline()
                line = file.readline(chain.LINE_BYTES + 1)
                low, high = (middle, high) if line and chain.written(line) < ts else (low, middle)
            file.seek(low)
            if low:
                file.readline()
            while (line := file.readline(chain.LINE_BYTES + 1)).endswith(b"\n"):
                yield line[:-1]

    def torn(self) -> bytes:
        """What stands after the last complete line."""
        size = self._size()
        with self._lines.open("rb") if size else open(os.devnull, "rb") as file:
            file.seek(max(0, size - chain.LINE_BYTES - 1))
            return file.read().rpartition(b"\n")[2]

    def settle(self) -> tuple[Head, Path | None]:
        """Makes good what an interrupted append left: the head to append after, and where torn bytes were put. Raises DoesNotHold."""
        head = self.vouched()
        aside = self._move_torn_aside()
        rest = self._after(head)
        entry = chain.parse(rest[:-1]) if rest.endswith(b"\n") else None
        if entry is not None and entry.n == head.n + 1 and entry.prev == head.hash:
            head = self._vouch(Head(entry.n, entry.hash, head.size + len(rest)))
        return head, aside

    def standing(self) -> tuple[bytes, int]:
        """The head's own bytes, and how many bytes the lines have."""
        return self._head.read_bytes(), self._size()

    def append(self, entry: Entry) -> Head:
        """Writes `entry`, which follows the head; the new head. On a full disk the file is as it was."""
        line = entry.line() + b"\n"
        fd = os.open(self._lines, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        before = os.fstat(fd).st_size
        try:
            if os.write(fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._lines))
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, before)
            raise
        finally:
            os.close(fd)
        return self._vouch(Head(entry.n, entry.hash, before + len(line)))

    def _vouch(self, head: Head) -> Head:
        heads.write(self._head, self._key, head)
        return head

    def _after(self, head: Head) -> bytes:
        """What stands after the head, if it can be one entry."""
        if not 0 < self._size() - head.size <= chain.LINE_BYTES:
            return b""
        with self._lines.open("rb") as file:
            file.seek(head.size)
            return file.read()

    def _move_torn_aside(self) -> Path | None:
        torn = self.torn()
        if not torn:
            return None
        keep = self._size() - len(torn)
        aside = self.folder / f"torn-{keep}-{hashlib.sha256(torn).hexdigest()[:8]}"
        files.replace(aside, torn)
        with self._lines.open("r+b") as file:
            file.truncate(keep)
            os.fsync(file.fileno())
        return aside

    def _size(self) -> int:
        return self._lines.stat().st_size if self._lines.exists() else 0
