"""The outer wall around a query that a person wrote.

The engine keeps its own limits between rows, but one call of a function such as `repeat` can take gigabytes and seconds in a single row.
So the process that answers the query limits itself: its address space, and its time.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from asepsis.kit.errors import BadInput

# What the engine needs besides the query's memory: its threads' stacks and arenas.
HEADROOM_BYTES = 1 << 30
GRACE_S = 5.0
# More than any machine has; the kernel counts its limits in 63 bits.
MEMORY_BYTES = 1 << 50

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_SIZE = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([KMGT]?I?)B?\s*", re.IGNORECASE)


@contextmanager
def wall(seconds: float, memory: str) -> Iterator[None]:
    """Limits this process, which must have nothing else to do than to answer: its time within the `with`, its memory from now on.

    Raises BadInput if `memory` is no size.
    """
    limit = _address_space() + size(memory) + HEADROOM_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    timer = threading.Timer(seconds + GRACE_S, _stop, [seconds])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def size(text: str) -> int:
    """Bytes of a size such as 512MB or 2GiB. Raises BadInput."""
    found = _SIZE.fullmatch(text)
    if found is None or found[2].upper() not in _UNITS:
        raise BadInput("not a size", text, "write it like 512MB or 2GB")
    number = int(float(found[1]) * _UNITS[found[2].upper()])
    if number > MEMORY_BYTES:
        raise BadInput("more memory than any machine has", text, "write it like 512MB or 2GB")
    return number


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _stop(seconds: float) -> None:
    print(f"asepsis: the query took longer than the limit: {seconds:g} s: narrow it, or raise --limit-seconds", file=sys.stderr, flush=True)
    os._exit(BadInput.exit_code)
