"""What both ends of IEEE 11073 SDC know of a device before it is asked."""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("6f2a4c0e-7b1d-4d53-9a44-0c1d2e3f4a5b")


def endpoint(serial: str) -> uuid.UUID:
    """A device's endpoint reference, which it keeps over restarts: its serial number's."""
    return uuid.uuid5(NAMESPACE, serial)
