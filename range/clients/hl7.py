"""One sender of HL7 v2 messages with its long-lived MLLP connection, as admission, laboratory and monitor gateways have one."""

from __future__ import annotations

import contextlib
import socket
from datetime import datetime

from cast import Patient
from links.hl7 import END, MESSAGE_BYTES, answer_code, framed

from .hl7_messages import MESSAGES, PLAIN, Details, Sender

WAIT_S = 20.0
TRIES = 2  # a peer that went away since the last message is called again, once


class FeedError(Exception):
    """The receiver cannot be reached or does not answer: what a nurse would see as an order that does not arrive."""


class Feed:
    """A connection that is opened at the first message and stays; the peer that went away is called again.

    Belongs to one thread at a time, which must be in the sender's network namespace when a message is sent.
    """

    def __init__(self, address: str, port: int, sender: Sender, wait_s: float = WAIT_S) -> None:
        self.place, self.sender, self.wait_s = (address, port), sender, wait_s
        self.sent = self.acknowledged = 0
        self._sock: socket.socket | None = None

    def send(self, kind: str, patient: Patient, at: datetime, details: Details = PLAIN) -> str:
        """Send one message of `kind` (a key of `MESSAGES`) and give MSA-1: AA, AE or AR."""
        self.sent += 1
        control = f"{self.sender.application[:4]}{at:%d%H%M%S}{self.sent:06d}"
        code = self.send_raw(framed(MESSAGES[kind](self.sender, patient, at, control, details)))
        self.acknowledged += code == "AA"
        return code

    def send_raw(self, message: bytes) -> str:
        """Send bytes as they are, framed or not, and give MSA-1 of the answer."""
        for left in reversed(range(TRIES)):
            try:
                return self._converse(message)
            except OSError as error:
                self.close()
                if not left:
                    raise FeedError(f"{self.place[0]}:{self.place[1]}: {error}") from error
        return ""

    def _converse(self, message: bytes) -> str:
        if self._sock is None:
            self._sock = socket.create_connection(self.place, timeout=self.wait_s)
        self._sock.sendall(message)
        answer = b""
        while END not in answer:
            part = self._sock.recv(65536)
            if not part or len(answer) > MESSAGE_BYTES:
                raise ConnectionError("the receiver hung up")
            answer += part
        return answer_code(answer)

    def close(self) -> None:
        if self._sock:
            with contextlib.suppress(OSError):
                self._sock.close()
        self._sock = None

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
