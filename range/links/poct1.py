"""POCT1-A messages over TCP: CLSI POCT01-A2, appendix B (device messaging layer). XML messages, one after the other, values in `V`."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from datetime import datetime

MESSAGE_BYTES = 1 << 20
ROOT = re.compile(rb"<([A-Z]{3}\.R\d\d)[ >]")
VALUE = re.compile(r'<([\w.]+) V="([^"]*)"')


class Poct1Error(Exception):
    """The other end left in the middle of a message, or says what is none."""


class Messages:
    """Both directions of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._got = b""
        self._said = 0

    def say(self, kind: str, body: str, at: str) -> int:
        """Send a message and give its control number. `at` stands in HDR.creation_dttm."""
        self._said += 1
        head = f'<HDR><HDR.message_type V="{kind}" SN="POCT1" SV="1"/><HDR.control_id V="{self._said}"/><HDR.version_id V="POCT1"/>'
        head += f'<HDR.creation_dttm V="{at}"/></HDR>'
        self.sock.sendall(f'<?xml version="1.0" encoding="UTF-8"?>\r\n<{kind}>{head}{body}</{kind}>\r\n'.encode())
        return self._said

    def acknowledge(self, control: str, at: str) -> None:
        self.say("ACK.R01", f'<ACK><ACK.type_cd V="AA"/><ACK.ack_control_id V="{control}"/></ACK>', at)

    def next(self) -> tuple[str, str] | None:
        """The next message's type and text; None where the other end left between two."""
        while True:
            if root := ROOT.search(self._got):
                before, end, after = self._got[root.start() :].partition(b"</" + root[1] + b">")
                if end:
                    self._got = after
                    return root[1].decode(), (before + end).decode(errors="replace")
            if len(self._got) > MESSAGE_BYTES:
                raise Poct1Error("a message without end")
            part = self.sock.recv(65536)
            if not part:
                if self._got.strip():
                    raise Poct1Error("left within a message")
                return None
            self._got += part


def values(text: str, name: str) -> list[str]:
    """The values of every element of that name."""
    return [value for element, value in VALUE.findall(text) if element == name]


def first(text: str, name: str) -> str:
    return next(iter(values(text, name)), "")


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def elements(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<{name} V="{value}"/>' for name, value in pairs)
