"""Who reads the lake now. Parts never change, but one that no commit lists any more is removed; a reader that has its name may yet open it.

A reader shares a lock of the commit log's folder from before it reads the log (flock: the kernel frees it when the reader dies, and it
needs no right to write). Who removes parts waits until nobody holds it: whoever reads after that finds none of their names.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A reader that takes longer does without what goes: a promise that rows go is not left to it.
PATIENCE_S = 600.0

_SAID_S, _AGAIN_S = 1.0, 0.1


class Reading:
    """Keeps the parts of a lake where they are, until `close`, or until nobody has it any more."""

    def __init__(self, lake: Path) -> None:
        fd = os.open(lake / "_commits", os.O_RDONLY | os.O_DIRECTORY)
        self.close = weakref.finalize(self, os.close, fd)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(fd, fcntl.LOCK_SH)

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


@contextmanager
def unread(lake: Path) -> Iterator[None]:
    """Nobody reads the lake as long as the block lasts, which must be short; unless somebody has read for `PATIENCE_S`."""
    fd = os.open(lake / "_commits", os.O_RDONLY | os.O_DIRECTORY)
    try:
        _wait(fd, lake)
        yield
    finally:
        os.close(fd)


def _wait(fd: int, lake: Path) -> None:
    began, said = time.monotonic(), False
    while time.monotonic() - began < PATIENCE_S:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not said and time.monotonic() - began > _SAID_S:
                said = True
                print(f"waiting: another asepsis reads {lake}; what has expired goes when it is done", file=sys.stderr, flush=True)
            time.sleep(_AGAIN_S)
        except OSError:
            return None  # a file system without locks
    return None
