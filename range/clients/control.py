"""Say one line to a daemon's control socket (`daemons/control.py`)."""

from __future__ import annotations

import socket
import time
from pathlib import Path

WAIT_S = 30.0
STARTS_S = 10.0


class ControlError(Exception):
    """A daemon refused an order of the day runner; the text is its answer."""


def _connect(sock: socket.socket, path: Path | str) -> None:
    """A daemon that was started just now has its socket in a moment."""
    end = time.monotonic() + STARTS_S
    while True:
        try:
            sock.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            if time.monotonic() > end:
                raise ControlError(f"{path}: no daemon listens") from error
            time.sleep(0.05)
        else:
            return


def tell(path: Path | str, line: str, wait_s: float = WAIT_S) -> str:
    """Send one line and give the answer. A Unix socket has no network namespace: this works from any thread."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(wait_s)
        _connect(sock, path)
        sock.sendall(line.encode() + b"\n")
        answer = sock.makefile("r").readline().rstrip("\n")
    if answer.startswith("error "):
        raise ControlError(f"{path}: {line}: {answer}")
    return answer
