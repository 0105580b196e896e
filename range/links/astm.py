"""The link between a laboratory analyser and its host: CLSI LIS01-A2 (ASTM E1381) over TCP, records of LIS02-A2 (ASTM E1394).

Frames are made and taken apart by `astm.codec` (PyPI astm-2025); the link is spoken here (LIS01-A2 6: ENQ, ACK, NAK, EOT).
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from astm.codec import decode_message, decode_record, encode, make_checksum

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
CHUNK = 240  # text of a frame at most (6.3.1.1)
TRIES = 6  # of a frame (6.5.1.2)
FRAME_BYTES = 4096
FRAMES = 20_000  # of a message
Record = list[bytes | list[bytes] | None]


class LinkError(Exception):
    """The other end does not take what is sent, or left."""


class Link:
    """One end of the link, over one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, records: Iterable[Record]) -> int:
        """Send a message, each record in frames of its own, each frame until it is taken; gives how many frames."""
        self._until_taken(ENQ)
        sent = 0
        for record in records:
            for frame in encode([record], size=CHUNK, seq=sent + 1):
                sent += 1
                self._until_taken(frame)
        self.sock.sendall(EOT)
        return sent

    def _until_taken(self, said: bytes) -> None:
        for _ in range(TRIES):
            self.sock.sendall(said)
            answer = self.file.read(1)
            if answer == ACK:
                return
            if not answer:
                raise LinkError("the other end left")
        self.sock.sendall(EOT)
        raise LinkError("refused to the end")

    def receive(self) -> list[list[str | list[str] | None]] | None:
        """Take frames until the sender ends its message and give its records; None where the sender left instead.

        A damaged frame is refused; a frame that comes twice counts once.
        """
        text, last = b"", b""
        for _ in range(FRAMES):
            said = self.file.read(1)
            if not said:
                return None
            if said == ENQ:
                text, last = b"", b""
                self.sock.sendall(ACK)
            elif said == EOT:
                return _records(text)
            elif said == b"\x02":
                frame = said + self._rest()
                taken = _whole(frame)
                if taken and frame != last:
                    text, last = text + _text(frame), frame
                self.sock.sendall(ACK if taken else NAK)
        raise LinkError("a message without end")

    def _rest(self) -> bytes:
        """The frame behind STX: to the line feed behind its checksum, since its text may hold none (6.3.1.2)."""
        rest = self.file.readline(FRAME_BYTES)
        if not rest.endswith(b"\n"):
            raise LinkError("a frame that is too long, or cut off")
        return rest


def _whole(frame: bytes) -> bool:
    if len(frame) < 7 or not frame.endswith(b"\r\n"):
        return False
    return (decode_message(frame, "latin-1")[2] or "").encode() == make_checksum(frame[1:-4]) if frame[-5:-4] in b"\x03\x17" else False


def _text(frame: bytes) -> bytes:
    """Between frame number and ETB or ETX."""
    return frame[2:-5]


def _records(text: bytes) -> list[list[str | list[str] | None]]:
    return [decode_record(line, "latin-1") for line in text.split(b"\r") if line]
