"""An old bedside device with a small TCP service that really dies of what a scanner does.

    python range/daemons/fragile_device.py --listen 10.1.4.40:1950 --status FILE [--dies exit|hang] [--banner TEXT]

It greets, takes one line `POLL [TIME]` and answers with its values. It dies of
- two connections at once, or within ten seconds (between polls that state their time by that time, otherwise by the machine's clock),
- a request that is none,
- a burst of attempts that never become a poll, to whatever port, of TCP or UDP: half-open ones, refused ones, ones closed without a word,
  segments of no connection whatever their flags,
- one segment or datagram whose header is broken.
Dead, it ends (`exit`), or keeps its port open and never answers again (`hang`); the status file says which, and why.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from address import place
from status import Status

APART_S = 10.0
BURST = 5  # attempts within `APART_S` that never became a poll
LINE_BYTES = 64
WAIT_S = 5.0
TCP_HEAD, UDP_HEAD = 20, 8  # bytes at least (RFC 9293 3.1, RFC 768)
Attempt = tuple[int, str, int, int]  # protocol of IP, caller's address and port, port that was called
VALUES = b"OK HR=72 SPO2=97 BATT=81\r\n"


class Device:
    """Its state and what it can bear."""

    def __init__(self, banner: str, dies: str, status: Status) -> None:
        self.banner, self.dies, self.status = banner.encode() + b"\r\n", dies, status
        self.lock = threading.RLock()
        self.open = 0
        self.last_at = -APART_S  # of the last connection, by the machine's clock
        self.last_poll: datetime | None = None
        self.attempts: dict[Attempt, float] = {}  # when; until it became a poll
        self.polled: dict[Attempt, float] = {}  # those that did: the watcher may tell of them only afterwards
        self.dead = threading.Event()

    def die(self, why: str) -> None:
        """Stop being of use, for good."""
        with self.lock:
            if self.dead.is_set():
                return
            self.dead.set()
            self.status.set(state="hung" if self.dies == "hang" else "dead", why=why)
            self.status.write()
            if self.dies == "exit":
                os._exit(1)

    def attempt(self, caller: Attempt) -> None:
        """Somebody sends something to a port; whatever comes of one caller's port is one attempt."""
        now = time.monotonic()
        with self.lock:
            if self.dead.is_set():
                return
            self.polled = {one: at for one, at in self.polled.items() if now - at < APART_S}
            if caller in self.polled:
                return
            self.attempts[caller] = now
            self.attempts = {one: at for one, at in self.attempts.items() if now - at < APART_S}
            if len(self.attempts) >= BURST:
                self.die("a burst of attempts")

    def talk(self, sock: socket.socket, caller: Attempt) -> None:
        """One connection: greet, take one poll, answer, close."""
        with self.lock:
            self.attempt(caller)
            self.open += 1
            if self.open > 1:
                self.die("two connections at once")
            since, self.last_at = time.monotonic() - self.last_at, time.monotonic()
        with sock:
            sock.settimeout(WAIT_S)
            answer = b""
            with contextlib.suppress(OSError):
                sock.sendall(self.banner)
                answer = self._poll(sock, caller, since)
            with self.lock:
                self.open -= 1  # before the caller can know that it is done, and call again
            with contextlib.suppress(OSError):
                sock.sendall(answer)

    def _poll(self, sock: socket.socket, caller: Attempt, since: float) -> bytes:
        line = self._line(sock)
        words = line.decode("ascii", "replace").split()
        if not line and since >= APART_S:
            return b""  # one look is borne, and remembered as an attempt
        if line and (words[:1] != ["POLL"] or len(words) > 2 or not line.endswith(b"\n")):
            self.die("a request that is none")
        if self._too_soon(words, since):
            self.die("two connections within ten seconds")
        if self.dead.is_set():
            threading.Event().wait()  # hung: the connection stays, nothing comes
        with self.lock:
            self.attempts.pop(caller, None)
            self.polled[caller] = time.monotonic()
        self.status.count("polls")
        return VALUES

    def _line(self, sock: socket.socket) -> bytes:
        line = b""
        with contextlib.suppress(OSError):
            while not line.endswith(b"\n") and len(line) < LINE_BYTES and (part := sock.recv(LINE_BYTES)):
                line += part
        return line

    def _too_soon(self, words: list[str], since: float) -> bool:
        """Whether this connection follows the last within ten seconds: of the hospital's time where polls state it."""
        try:
            at = datetime.fromisoformat(words[1]) if len(words) > 1 else None
        except ValueError:
            self.die("a request that is none")
            return False
        before, self.last_poll = self.last_poll, at
        if at and before:
            return 0 < (at - before).total_seconds() < APART_S  # the same moment: a day that is lived through again
        return since < APART_S


def open_watch(address: str, protocol: int) -> socket.socket | None:
    """A socket that sees every segment or datagram, also those that the kernel answers or drops alone (raw(7)); none sent to many at once.

    Needs CAP_NET_RAW; without it only connections that are accepted count.
    """
    with contextlib.suppress(PermissionError):
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
        raw.bind((address, 0))
        return raw
    return None


def watch(raw: socket.socket, device: Device) -> None:
    while True:
        packet, (caller, _) = raw.recvfrom(65536)
        told = packet[(packet[0] & 15) * 4 :]
        if broken(raw.proto, told):
            device.die("a broken header")
        else:
            device.attempt((raw.proto, caller, int.from_bytes(told[:2]), int.from_bytes(told[2:4])))


def broken(protocol: int, told: bytes) -> bool:
    """Whether what begins with this header cannot be: cut off, or of another length than it says."""
    if protocol == socket.IPPROTO_UDP:
        return len(told) < UDP_HEAD or not UDP_HEAD <= int.from_bytes(told[4:6]) <= len(told)
    return len(told) < TCP_HEAD or not TCP_HEAD <= (told[12] >> 4) * 4 <= len(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=place, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--banner", default="ZZ Example Bedside 3 fw 1.07")
    parser.add_argument("--dies", choices=("exit", "hang"), default="exit")
    parser.add_argument("--status", type=Path)
    asked = parser.parse_args()
    status = Status(asked.status, state="well", why="", polls=0)
    device = Device(asked.banner, asked.dies, status)
    server = socket.create_server(asked.listen)
    for protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        if raw := open_watch(asked.listen[0], protocol):
            threading.Thread(target=watch, args=(raw, device), daemon=True).start()
    print("listening 1", flush=True)
    while True:
        sock, caller = server.accept()
        threading.Thread(target=device.talk, args=(sock, (socket.IPPROTO_TCP, *caller[:2], asked.listen[1])), daemon=True).start()


if __name__ == "__main__":
    main()
