"""ADDRESS:PORT as daemons take it on their command lines."""

from __future__ import annotations


def place(text: str) -> tuple[str, int]:
    address, _, port = text.rpartition(":")
    return address, int(port)
