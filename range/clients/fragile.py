"""The one well-formed poll that a fragile device bears: what its own central station does, every so often."""

from __future__ import annotations

import socket
from datetime import datetime

WAIT_S = 10.0


class Silent(Exception):
    """The device does not answer: it is dead, hung, or not there."""


def poll(address: str, port: int, at: datetime) -> dict[str, str]:
    """Ask for the values, at the hospital's time; polls must be ten seconds apart by it."""
    try:
        with socket.create_connection((address, port), timeout=WAIT_S) as sock, sock.makefile("rb") as lines:
            if not lines.readline(256):
                raise Silent(f"{address}:{port} says nothing")
            sock.sendall(f"POLL {at.isoformat(timespec='seconds')}\r\n".encode())
            answer = lines.readline(256).decode("ascii", "replace").split()
    except OSError as error:
        raise Silent(f"{address}:{port}: {error}") from error
    if answer[:1] != ["OK"]:
        raise Silent(f"{address}:{port} gives no values")
    return dict(one.split("=", 1) for one in answer[1:])
