"""How much memory a long run keeps that it does not use."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# mallopt(3): free memory at the end of the heap above which it is given back, and the size from which a block is mapped by itself. The
# columns of a batch are smaller than that: mapped anew for each batch, they would be cleared by the kernel each time.
_M_TRIM_THRESHOLD, _KEPT = -1, 2 << 20
_M_MMAP_THRESHOLD, _LARGE = -3, 1 << 20


def keep_small() -> None:
    """Lets the C library give back what is free. By itself glibc raises its thresholds to the largest block that it saw freed: an ingest
    then keeps 20 MiB for each gigabyte of packets. Other C libraries have no such call and need none."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
