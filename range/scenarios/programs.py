"""Servers that stand for as long as one visit lasts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lan import RangeError
from space import at, call

START_S = 15.0


@contextmanager
def running(name: str, words: Sequence[object], port: int) -> Iterator[None]:
    """A program that listens on a host on a TCP port; it ends with the block.

    Raises:
        RangeError: it does not come to listen.
    """
    with at(name):
        process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_S
        try:
            while f":{port} " not in call(["ss", "-Hlnt"]):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RangeError(f"{name}: {words[0]} does not listen")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()
