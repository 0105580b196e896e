"""The verbs: take a backup, make a site of one."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asepsis import __version__
from asepsis.backup import contents, store
from asepsis.backup.archive import unpack
from asepsis.backup.store import Kind
from asepsis.journal import service as journal
from asepsis.journal.service import Verdict
from asepsis.kit import files
from asepsis.kit.errors import AsepsisError, BadInput
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake import service as lake
from asepsis.settings import check_store, on_server

# Held by the run that restores into a folder, as long as it is at it.
_LOCK = ".restoring"

__all__ = ["Kind", "Restored", "Taken", "backup", "restore"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was taken: its file, its size in bytes, how many files of the site are in it, and what keeps the site's store."""

    file: Path
    bytes: int
    files: int
    store: Kind


@dataclass(frozen=True, slots=True)
class Restored:
    """A site that was restored: of which moment it is, how many rows its lake has, and whether its journal holds."""

    site: Path
    taken: str
    files: int
    rows: int
    journal: Verdict


def backup(site: Site, to: Path, progress: Progress | None = None) -> Taken:
    """Writes all of `site` but kept packets into one file, while others go on with it. `to` is a new file, or a folder for one that is
    named after the moment. The file is its owner's, and there when it is whole.

    The journal tells of it first. Raises BadInput for a file that is there already or cannot be written, and for a damaged site;
    DoesNotHold as `journal.record` does.
    """
    moment, kind = datetime.now(UTC).replace(microsecond=0), store.kind(site)
    file = to / f"asepsis-{moment:%Y%m%dT%H%M%SZ}.tar.zst" if to.is_dir() else to
    if os.path.lexists(file):
        raise BadInput("the file is there already", file, "name a new one")
    about = {"asepsis": __version__, "taken": moment.isoformat(), "site": site.name, "store": kind.value}
    try:
        with files.NewFile(file) as new:
            journal.record(site, "site.backup", "site", {"store": kind.value})
            with new.path.open("wb") as out:
                count = contents.take(site, out, file.parent, about, progress)
            new.publish()
    except OSError as error:
        raise files.unwritable(error, file, "make room and run the same command again") from None
    return Taken(file.resolve(), file.stat().st_size, count, kind)


def restore(archive: Path, to: Path, progress: Progress | None = None) -> Restored:
    """Makes the site `to` of a backup. `to` must not be there, or be an empty folder; a store on PostgreSQL goes into the empty database
    that `DATABASE_URL` names. What was restored is told in its journal.

    Raises BadInput for a file that is no whole backup, and then nothing is there.
    """
    if to.is_symlink() or (to.exists() and not (to.is_dir() and not any(to.iterdir()))):
        raise BadInput("there is something already", to, "name an empty or new directory with --site")
    if not archive.is_file():
        raise BadInput("no such file", archive, "name a file that `asepsis backup` made")
    to = to.resolve()
    try:
        with _aside(to) as folder:
            about, kept = unpack(archive, folder, contents.EXPECTED, progress)
            _settle(folder, archive, about.get("store"))
    except OSError as error:
        raise files.unwritable(error, to.parent, "make room and restore again: nothing of it is there") from None
    return _tell(Site.open(to), str(about.get("taken", "")), len(kept))


@contextmanager
def _aside(to: Path) -> Iterator[Path]:
    """A new folder that becomes `to` when the block ends well, and goes otherwise. What a killed run left goes too: it has keys."""
    for left in to.parent.glob(f".{glob.escape(to.name)}.*.restoring"):
        with files.alone(left / _LOCK) as nobody:
            if nobody:
                shutil.rmtree(left)
    folder = to.with_name(f".{to.name}.{secrets.token_hex(6)}.restoring")
    folder.mkdir(mode=0o700)
    try:
        with files.alone(folder / _LOCK):
            yield folder
            (folder / _LOCK).unlink()
            os.sync()
            os.rename(folder, to)
            files.sync_directory(to.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(folder: Path, archive: Path, kind: object) -> None:
    """Makes of the unpacked files what a site has; the store last, as it may stand elsewhere."""
    try:
        site = Site.open(folder)
        journal.check(site)
        lake.settle(site)
        if kind == Kind.POSTGRESQL and not on_server():
            raise BadInput("its store is on PostgreSQL", todo="name an empty database with DATABASE_URL")
        if kind == Kind.SQLITE and on_server():
            raise BadInput("its store is a file", todo="restore it without DATABASE_URL")
        if on_server():
            store.expect_empty(site)
        if kind == Kind.SQLITE:
            if not site.store.exists():
                raise BadInput("its store is missing", todo="take another backup")
            check_store(site.store)
        if kind == Kind.POSTGRESQL:
            dump = folder / store.NAMES[Kind.POSTGRESQL]
            store.load(dump, site)
            dump.unlink()
    except AsepsisError as error:
        raise BadInput(f"cannot be restored: {error.what}", archive, error.todo) from None


def _tell(site: Site, taken: str, count: int) -> Restored:
    from asepsis.settings import open_store

    if store.kind(site) is not Kind.NONE:
        open_store(site)
    journal.record(site, "site.restore", "site", {"taken": taken})
    verdict = journal.verify(site, [*journal.stored(site), *lake.anchors(site)])
    return Restored(site.path, taken, count, sum(lake.count(site).values()), verdict)
