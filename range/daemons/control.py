"""The control line of a daemon: a Unix socket that takes one word with its arguments a line and answers with one line."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

LINE_BYTES = 4096


def listen(path: Path, obey: Callable[[list[str]], str]) -> None:
    """Serve the socket from a thread of its own. `obey` gets the words of a line; what it raises is the answer, not the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    os.chmod(path, 0o600)
    server.listen(8)
    threading.Thread(target=_serve, args=(server, obey), daemon=True).start()


def _serve(server: socket.socket, obey: Callable[[list[str]], str]) -> None:
    while True:
        one, _ = server.accept()
        threading.Thread(target=_talk, args=(one, obey), daemon=True).start()


def _talk(one: socket.socket, obey: Callable[[list[str]], str]) -> None:
    with one, one.makefile("rw") as lines, contextlib.suppress(OSError, ValueError):
        while line := lines.readline(LINE_BYTES):
            try:
                answer = obey(line.split())
            except Exception as error:  # noqa: BLE001  whatever a command does, the daemon lives on
                answer = f"error {type(error).__name__}: {error}".replace("\n", " ")
            lines.write(answer + "\n")
            lines.flush()
