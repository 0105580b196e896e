"""The journal's files.

    journal.jsonl   an entry a line, only ever appended to
    head.json       number and hash of the last entry and the file's size after it, under an HMAC of the site's key; replaced at once

The line is written and synced first, the head second. Killed between them, the next append carries the head forward; killed within the
line, the next append moves the torn bytes aside (`torn-*`) and says so in an entry.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asepsis.journal import chain
from asepsis.journal.chain import Entry, Head
from asepsis.kit import files
from asepsis.kit.errors import DoesNotHold


@dataclass(frozen=True, slots=True)
class Mark:
    """The head, and where in the file the entry after it begins."""

    head: Head
    size: int


class HeadLost(Exception):
    """The head is missing beside a journal that has entries, or the site's key does not vouch for it."""


class Book:
    """The files of one journal. Whoever appends holds `lock()`."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self._lines, self._head = folder / "journal.jsonl", folder / "head.json"
        self._key = hmac.new(key, b"asepsis journal head v1", hashlib.sha256).digest()

    def lock(self) -> Path:
        """The lock file of the journal."""
        return self.folder / ".lock"

    def mark(self) -> Mark:
        """Where the chain ends. Raises HeadLost."""
        try:
            body = json.loads(self._head.read_bytes())
            mark = Mark(Head(body["n"], body["hash"]), body["size"])
            if not hmac.compare_digest(self._mac(mark), body["hmac"]):
                raise HeadLost
        except FileNotFoundError:
            if self._size() == 0:
                return Mark(Head(), 0)
            raise HeadLost from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise HeadLost from None
        return mark

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

    def torn(self) -> bytes:
        """What stands after the last complete line."""
        size = self._size()
        with self._lines.open("rb") if size else open(os.devnull, "rb") as file:
            file.seek(max(0, size - chain.LINE_BYTES - 1))
            return file.read().rpartition(b"\n")[2]

    def settle(self) -> tuple[Mark, Path | None]:
        """Makes good what an interrupted append left: the mark to append after, and where torn bytes were put. Raises DoesNotHold."""
        try:
            mark = self.mark()
        except HeadLost:
            raise DoesNotHold(
                "the journal's head is missing or forged", self.folder, "`asepsis journal verify`; restore it from a backup"
            ) from None
        if not self._head.exists():
            # The head comes before the first line, so that a journal without a head is never one that was just begun.
            self._vouch(mark)
        aside = self._move_torn_aside()
        rest = self._after(mark)
        entry = chain.parse(rest[:-1]) if rest.endswith(b"\n") else None
        if entry is not None and entry.n == mark.head.n + 1 and entry.prev == mark.head.hash:
            mark = self._vouch(Mark(Head(entry.n, entry.hash), mark.size + len(rest)))
        return mark, aside

    def append(self, mark: Mark, entry: Entry) -> Mark:
        """Writes `entry`, which follows `mark`; the new mark."""
        line = entry.line() + b"\n"
        fd = os.open(self._lines, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(fd, line) != len(line):
                raise OSError(28, "No space left on device", str(self._lines))
            os.fsync(fd)
            size = os.fstat(fd).st_size
        finally:
            os.close(fd)
        return self._vouch(Mark(Head(entry.n, entry.hash), size))

    def _vouch(self, mark: Mark) -> Mark:
        body = {"n": mark.head.n, "hash": mark.head.hash, "size": mark.size, "hmac": self._mac(mark)}
        files.replace(self._head, json.dumps(body).encode() + b"\n")
        return mark

    def _mac(self, mark: Mark) -> str:
        return hmac.new(self._key, f"{mark.head.n} {mark.head.hash} {mark.size}".encode(), hashlib.sha256).hexdigest()

    def _after(self, mark: Mark) -> bytes:
        """What stands after the mark, if it can be one entry."""
        if not 0 < self._size() - mark.size <= chain.LINE_BYTES:
            return b""
        with self._lines.open("rb") as file:
            file.seek(mark.size)
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
