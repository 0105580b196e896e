"""Being a host: a thread that enters a host's network namespace opens its sockets there, and so do the programs that it starts.

setns(2) with CLONE_NEWNET moves the calling thread only (network_namespaces(7)); Python has it as `os.setns` from 3.12 on.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lan import RangeError

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
RUN_S = 120.0


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextmanager
def at(name: str) -> Iterator[None]:
    """The calling thread is this host for a while."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        space = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            _enter(space)
        finally:
            os.close(space)
        try:
            yield
        finally:
            _enter(back)
    finally:
        os.close(back)


def call(words: Sequence[object], *, expect: Sequence[int] = (0,), stdin: str = "", env: dict[str, str] | None = None) -> str:
    """Run a program where the calling thread is, to its end, and give its output. `expect`: exit statuses that are well; none for any.

    Raises:
        RangeError: another exit status, or no end within `RUN_S`.
    """
    texts = [str(word) for word in words]
    try:
        done = subprocess.run(
            texts,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=RUN_S,
            check=False,
            env={**os.environ, **(env or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise RangeError(f"{texts[0]}: no end after {RUN_S:.0f} s") from error
    if expect and done.returncode not in expect:
        raise RangeError(f"{' '.join(texts)[:200]}: exit {done.returncode}: {(done.stdout + done.stderr)[-400:]}")
    return done.stdout
