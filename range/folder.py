"""A folder of somebody's that root writes files into: all of them or none, following no link, giving away nothing but what it wrote."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lan import RangeError

OPEN = os.O_RDONLY | os.O_DIRECTORY


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The folder, open; with those above it made where it is not there, and taken away again where nothing came into them."""
    above = (path, *path.parents)
    made = [one for one in above if not one.exists()]
    owner = above[len(made)].stat()
    for one in reversed(made):
        one.mkdir()
        descriptor = os.open(one, OPEN | os.O_NOFOLLOW)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.close(descriptor)
    descriptor = os.open(path, OPEN)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        for one in made:
            with contextlib.suppress(OSError):
                one.rmdir()


@contextmanager
def filled(folder: int) -> Iterator[Path]:
    """Where to write files that stand in the folder, its owner's, when the block has ended well; if it ends otherwise, none does.

    Raises:
        RangeError: they could not all be put in their places.
    """
    name = f".unfinished-{secrets.token_hex(4)}"
    os.mkdir(name, 0o700, dir_fd=folder)
    aside = os.open(name, OPEN | os.O_NOFOLLOW, dir_fd=folder)
    try:
        if os.fstat(aside).st_uid != os.geteuid():
            raise RangeError(f"somebody put another folder in the place of {name}")
        yield Path(f"/proc/self/fd/{aside}")
        _put(aside, folder)
    finally:
        for left in os.listdir(aside):
            os.unlink(left, dir_fd=aside)
        os.close(aside)
        os.rmdir(name, dir_fd=folder)


def _put(aside: int, folder: int) -> None:
    names, owner = sorted(os.listdir(aside)), os.fstat(folder)
    for name in names:
        if _is_folder(name, folder):
            raise RangeError(f"{name} is a folder there: nothing was changed, take it away")
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=aside, follow_symlinks=False)
    for number, name in enumerate(names):
        try:
            os.rename(name, name, src_dir_fd=aside, dst_dir_fd=folder)
        except OSError as error:
            raise RangeError(f"{name}: {error.strerror}: {number} of {len(names)} files are new, record again") from error


def _is_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
