"""Waiting for what may be slow to come, such as the other end of a pipe: said once, and Ctrl-C is heard."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from asepsis.kit.output import in_words

T = TypeVar("T")

# Whoever writes into a pipe has begun by then, or somebody wonders.
PATIENCE_S = 1.0


def pipes(paths: Iterable[Path]) -> list[Path]:
    """Those that can be read once only, when something comes: standard input, pipes."""
    return [path for path in paths if str(path) == "-" or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))]


def patiently(act: Callable[[], T], sources: Iterable[Path] = ()) -> T:
    """What `act` gives. It runs in a thread, because a system call that waits in it would keep Ctrl-C from being heard; `sources` are named
    on stderr if nothing has come of them for a while."""
    given: list[T] = []
    failed: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            given.append(act())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)
        finally:
            done.set()

    # A daemon: the process may end while it waits.
    threading.Thread(target=run, daemon=True).start()
    names = ", ".join(in_words([path]) for path in sources)
    if names and not done.wait(PATIENCE_S):
        print(f"waiting: no packet has come from {names} yet", file=sys.stderr, flush=True)
    done.wait()
    if failed:
        raise failed[0]
    return given[0]
