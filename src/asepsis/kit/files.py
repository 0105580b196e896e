"""Writing files so that no reader, and no power cut, ever meets half of one; and locks between processes."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from asepsis.kit.errors import BadInput


def sync_directory(path: Path) -> None:
    """Makes names just created in `path` survive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _aside(path: Path, data: bytes, mode: int) -> Path:
    """`data`, safely on disk under a temporary name beside `path`."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Puts `data` at `path`: readers see the old content or the new, never a mixture."""
    aside = _aside(path, data, mode)
    os.replace(aside, path)
    sync_directory(path.parent)


def create(path: Path, data: bytes, mode: int = 0o600) -> bool:
    """Like `replace`, but only if nothing stands at `path`; false if another was first."""
    aside = _aside(path, data, mode)
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink(missing_ok=True)
    sync_directory(path.parent)
    return True


_NOT_ALLOWED = "check its owner and permissions; what another user has run here, root by sudo too, belongs to that user"
_MENDED = {
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EEXIST: "name another",
    errno.ENOTDIR: "name a directory",
    errno.ENAMETOOLONG: "name a shorter one",
}


def mended(error: OSError) -> str:
    """What to do about a file that the system refuses; nothing where nobody knows."""
    return _MENDED.get(error.errno or 0, "")


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit of file sizes is at its end."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def unwritable(error: OSError, where: Path | str, todo: str) -> BadInput:
    """What a person reads when a write below `where` failed; `todo` for a disk that is full."""
    if is_full(error):
        return BadInput("no space left", where, todo)
    return BadInput("cannot write", error.filename or where, error.strerror or error)


@contextmanager
def lock(path: Path, what: str, reading: bool = False) -> Iterator[None]:
    """Holds the lock file `path` alone; says on stderr that it waits if another process holds it. The kernel frees it when we die.

    Who only reads (`reading`) needs no right to write: on a file system that nobody can write to there is nobody to wait for.
    """
    try:
        fd = _lock_file(path, reading)
    except OSError as error:
        raise BadInput("cannot lock", path, error.strerror) from None
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting: another asepsis writes to {what}", file=sys.stderr, flush=True)
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _lock_file(path: Path, reading: bool) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if not reading or error.errno not in (errno.EROFS, errno.EACCES):
            raise
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock file `path`; then we do. Does not wait."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Holds the lock file `path` together with all who only share it; `alone` says that somebody does."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        yield
    finally:
        os.close(fd)


class NewFile:
    """A file that has no name until it is published: whatever happens before, nothing of it stays on the disk.

    `with NewFile(out) as new: ... write to new.path ... new.publish()`. Where the file system knows no nameless files it has one beside
    `path`, which goes when the block ends.
    """

    def __init__(self, path: Path, mode: int = 0o600) -> None:
        self._to, self._aside = path, path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
        try:
            self._fd = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, mode)
            self.path = Path(f"/proc/self/fd/{self._fd}")
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR):
                raise
            self._fd = os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            self.path = self._aside

    def publish(self) -> None:
        """Gives the file its name, safe on disk. Raises FileExistsError if something stands there."""
        os.fsync(self._fd)
        # With a folder named (which a path from the root ignores) Python asks the kernel to follow the link in /proc.
        folder = os.open(self._to.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.link(self.path, self._to, src_dir_fd=folder, follow_symlinks=True)
            os.fsync(folder)
        finally:
            os.close(folder)

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._fd)
        with suppress(FileNotFoundError):
            self._aside.unlink()
