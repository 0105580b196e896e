"""How much memory a long run keeps that it does not use."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# mallopt(3): free memory at the end of the heap above which it is given back.
_M_TRIM_THRESHOLD = -1
_KEPT = 256 << 10


def keep_small() -> None:
    """Lets the C library give back what is free. By itself glibc raises its thresholds to the largest block that it saw freed: an ingest
    then keeps 20 MiB for each gigabyte of packets. Other C libraries have no such call and need none."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, _KEPT)
