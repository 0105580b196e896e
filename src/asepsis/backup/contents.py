"""What of a site goes into a backup, and in which order, so that it belongs together.

The lake is large, and its parts never change: they are taken first, while everybody writes on. Then writers to the lake stand still for a
moment: what came meanwhile is taken, and what the store, the commit log and the journal are just then is held. The store is held before the
journal: so every entry that the store or a commit keeps an anchor of is in the journal. Parts that were merged or have expired meanwhile
are in the archive and in no commit: who restores it drops them.

Not in it: packets (their hours are a promise, and they hold patient data) and captures that wait, answers of Hunt, keys that are being
shredded, decoys, locks, and what is half-written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from asepsis.backup import store
from asepsis.backup.archive import ArchiveWriter
from asepsis.backup.store import Kind
from asepsis.journal import service as journal
from asepsis.kit.errors import BadInput
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake import service as lake
from asepsis.lake.service import Part

EXPECTED = re.compile(
    r"site\.json|site\.toml|key|key\.k[1-9]\d{0,8}|seal|store\.sqlite3|store\.pgdump"
    r"|console/(secret|certificate\.pem|key\.pem)"
    r"|rules/[a-zA-Z0-9_-][a-zA-Z0-9_.-]{0,80}(/[a-zA-Z0-9_-][a-zA-Z0-9_.-]{0,80})?"
    r"|journal/(journal\.jsonl|head\.json|torn-\d{1,18}-[0-9a-f]{8})"
    r"|lake/_commits/[a-z0-9-]{1,60}\.json"
    r"|lake/[a-z0-9_]{1,40}/day=-?\d{4,6}-\d\d-\d\d/[0-9a-zA-Z_-]{1,80}\.parquet",
    re.ASCII,
)
"""The name of every file that an archive may hold. Nothing else of a site goes in."""

_LINES = "journal/journal.jsonl"
_LARGE = re.compile(rf"{_LINES}|lake/[^_].*|store\..*")
# What writers wait for at the end, and how often it is tried to come to so little.
_LITTLE, _PASSES = 16 << 20, 5


def take(site: Site, out: IO[bytes], near: Path, about: dict[str, Any], progress: Progress | None = None) -> int:
    """Writes the archive of `site` to `out`, and gives how many files it has. `near` is a folder with room for a copy of the store.

    Raises BadInput for a damaged site, OSError.
    """
    with ArchiveWriter(out, about) as archive, ExitStack() as holding:
        adding = _Adding(site, archive, progress)
        for _ in range(_PASSES):
            new = adding.new(lake.parts(site))
            if sum(part.size for part in new) <= _LITTLE:
                break
            adding.parts(new, may_be_gone=True)
        with lake.still(site):
            adding.parts(adding.new(lake.parts(site)))
            copy = holding.enter_context(store.held(site)) if about["store"] != Kind.NONE else None
            small = {name: _Small.of(site.path / name) for name in _small(site.path)}
            head, length = journal.written(site)
        if copy is not None:
            adding.store(copy, near, store.NAMES[about["store"]])
        for name, file in (small | {"journal/head.json": _Small(head, 0)}).items():
            archive.add(name, BytesIO(file.data), len(file.data), file.changed)
        with (site.path / _LINES).open("rb") as lines:
            archive.add(_LINES, lines, length, 0)
    return len(archive.kept)


@dataclass(frozen=True, slots=True)
class _Small:
    """A file that was read at once, and when it was changed."""

    data: bytes
    changed: float

    @staticmethod
    def of(path: Path) -> _Small:
        return _Small(path.read_bytes(), path.stat().st_mtime)


def _small(site: Path) -> list[str]:
    """The names of files that are read at once."""
    folders = ("", "console", "rules", "journal", "lake/_commits")
    found = (path for folder in folders for path in (site / folder).rglob("*" if folder == "rules" else "[!.]*"))
    names = (str(path.relative_to(site)) for path in found if path.is_file() and path.resolve() == path)
    return sorted({name for name in names if EXPECTED.fullmatch(name) and not _LARGE.fullmatch(name)})


class _Adding:
    """Puts large files into the archive, and tells how far it is."""

    def __init__(self, site: Site, archive: ArchiveWriter, progress: Progress | None) -> None:
        self._site, self._archive, self._progress = site, archive, progress
        self._done = self._total = 0

    def new(self, parts: Sequence[Part]) -> list[Part]:
        """Those that are not in the archive yet."""
        new = [part for part in parts if _path(part) not in self._archive.kept]
        self._total = self._done + sum(part.size for part in new)
        return new

    def parts(self, parts: Collection[Part], may_be_gone: bool = False) -> None:
        for part in parts:
            try:
                with (self._site.path / _path(part)).open("rb") as file:
                    self._archive.add(_path(part), file, part.size, os.fstat(file.fileno()).st_mtime)
            except FileNotFoundError:
                if not may_be_gone:
                    raise BadInput("the lake is damaged: a part is missing", self._site.path / _path(part), _OLDER) from None
            self._tell(part.size)

    def store(self, copy: store.Copy, near: Path, name: str) -> None:
        with copy(near) as file:
            size = os.fstat(file.fileno()).st_size
            self._total += size
            self._archive.add(name, file, size, 0)
            self._tell(size)

    def _tell(self, size: int) -> None:
        self._done += size
        if self._progress:
            self._progress(self._done, self._total)


_OLDER = "restore it from an older backup"


def _path(part: Part) -> str:
    return f"lake/{part.path}"
