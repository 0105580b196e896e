"""A receiver of messages: HL7 v2 over MLLP (HL7 Transport Specification: MLLP, Release 1), which acknowledges and keeps nothing."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from datetime import UTC, datetime

from .contact import Contact, Tell

DOOR = "HL7"
CONNECTIONS, IDLE_S, MESSAGE_BYTES = 20, 30, 1 << 20
MESSAGE_S = 120
"""For a message from its first byte to its last: who sends a byte now and then keeps no place from others."""
_BEGIN, _END = b"\x0b", b"\x1c\r"
_PART = 65_536


class Receiver:
    """Listens from the moment that it is made. Raises OSError if it cannot."""

    def __init__(self, address: str, port: int, tell: Tell) -> None:
        self._server = _Server(address, port, tell)
        threading.Thread(target=self._server.serve_forever, daemon=True, name="decoy-hl7").start()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, address: str, port: int, tell: Tell) -> None:
        self.tell = tell
        self.free = threading.BoundedSemaphore(CONNECTIONS)
        if ":" in address:
            self.address_family = socket.AF_INET6
        super().__init__((address, port), _Conversation)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up in the midst of a word is no error here."""


class _Conversation(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._did("connects")
        if not self.server.free.acquire(blocking=False):
            return
        try:
            self._listen()
        finally:
            self.server.free.release()

    def _did(self, what: str) -> None:
        self.server.tell(Contact(self.client_address[0], DOOR, what))

    def _listen(self) -> None:
        self.request.settimeout(IDLE_S)
        held, until = b"", time.monotonic() + MESSAGE_S
        while part := self.request.recv(_PART):
            held += part
            while _END in held:
                until = time.monotonic() + MESSAGE_S
                message, held = held.split(_END, 1)
                self._did("sends a message")
                self.request.sendall(acknowledged(message.split(_BEGIN)[-1], datetime.now(UTC)))
            if len(held) > MESSAGE_BYTES or time.monotonic() > until:
                return


def acknowledged(message: bytes, now: datetime) -> bytes:
    """The accept acknowledgement of a message (HL7 v2.5.1, 2.9.2: MSH with sender and receiver changed, MSA with its control id), framed.
    What begins with no MSH is rejected (AR)."""
    segment = message.split(b"\r", 1)[0]
    separator = segment[3:4]
    fields = segment.split(separator) if segment.startswith(b"MSH") and separator else []
    if len(fields) < 10:
        fields, separator, code = [b"MSH", b"^~\\&"] + [b""] * 10, b"|", b"AR"
    else:
        code = b"AA"
    fields = [field[:200] for field in fields] + [b""] * 2
    control = fields[9]
    ends = [*fields[4:6], *fields[2:4]]
    head = [b"MSH", fields[1][:8], *ends, now.strftime("%Y%m%d%H%M%S").encode(), b"", b"ACK", control, b"P", fields[11]]
    return _BEGIN + separator.join(head) + b"\r" + separator.join([b"MSA", code, control]) + b"\r" + _END
