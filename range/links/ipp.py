"""Messages of the Internet Printing Protocol: RFC 8010 3 (encoding), RFC 8011 (operations, states, status codes)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

OPERATION, JOB, END, PRINTER = 0x01, 0x02, 0x03, 0x04  # group tags, RFC 8010 3.5.1
INTEGER, BOOLEAN, ENUM, RANGE = 0x21, 0x22, 0x23, 0x33
TEXT, NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
PRINT_JOB, VALIDATE_JOB, CANCEL_JOB, GET_JOB, GET_JOBS, GET_PRINTER = 0x0002, 0x0004, 0x0008, 0x0009, 0x000A, 0x000B
OK, BAD_REQUEST, NOT_POSSIBLE, NOT_FOUND, FORMAT_NOT_SUPPORTED, OPERATION_NOT_SUPPORTED, VERSION_NOT_SUPPORTED = (
    0x0000,
    0x0400,
    0x0404,
    0x0406,
    0x040A,
    0x0501,
    0x0503,
)
Value = int | bool | str
Attribute = tuple[int, str, list[Value]]


class IppError(Exception):
    """What was read is no IPP message."""


@dataclass(slots=True)
class Message:
    """A request (code: operation) or response (code: status), its groups in order, and the document behind them."""

    code: int
    number: int
    groups: list[tuple[int, list[Attribute]]] = field(default_factory=list)
    document: bytes = b""
    version: tuple[int, int] = (1, 1)

    def values(self, name: str) -> list[Value]:
        return next((values for _, group in self.groups for _, named, values in group if named == name), [])

    def first(self, name: str, default: Value = "") -> Value:
        return next(iter(self.values(name)), default)


def encode(message: Message) -> bytes:
    out = struct.pack(">BBHI", *message.version, message.code, message.number)
    for tag, attributes in message.groups:
        out += bytes([tag]) + b"".join(_attribute(*one) for one in attributes)
    return out + bytes([END]) + message.document


def _attribute(tag: int, name: str, values: list[Value]) -> bytes:
    """Values after the first have a name of no length (3.1.5)."""
    named = name.encode()
    out = b""
    for value in values:
        raw = _raw(tag, value)
        out += struct.pack(">BH", tag, len(named)) + named + struct.pack(">H", len(raw)) + raw
        named = b""
    return out


def _raw(tag: int, value: Value) -> bytes:
    if tag in (INTEGER, ENUM):
        return struct.pack(">i", value)
    if tag == BOOLEAN:
        return bytes([bool(value)])
    return str(value).encode()


def decode(raw: bytes) -> Message:
    if len(raw) < 9:
        raise IppError("too short")
    major, minor, code, number = struct.unpack_from(">BBHI", raw)
    message = Message(code, number, version=(major, minor))
    at = 8
    try:
        while (tag := raw[at]) != END:
            at += 1
            if tag <= 0x0F:
                message.groups.append((tag, []))
                continue
            at = _one(raw, at, tag, message)
    except (struct.error, IndexError) as error:
        raise IppError("ends too soon") from error
    message.document = raw[at + 1 :]
    return message


def _one(raw: bytes, at: int, tag: int, message: Message) -> int:
    (length,) = struct.unpack_from(">H", raw, at)
    name = raw[at + 2 : at + 2 + length].decode(errors="replace")
    at += 2 + length
    (size,) = struct.unpack_from(">H", raw, at)
    value = raw[at + 2 : at + 2 + size]
    if len(value) != size or not message.groups:
        raise IppError("a value without an end, or without a group")
    group = message.groups[-1][1]
    read: Value = int.from_bytes(value, signed=True) if tag in (INTEGER, ENUM) else value.decode(errors="replace")
    if name:
        group.append((tag, name, [bool(value[:1] != b"\0") if tag == BOOLEAN else read]))
    elif group:
        group[-1][2].append(read)
    return at + 2 + int(size)


def opening(language: str = "en") -> Iterator[Attribute]:
    """The two attributes with which the first group of every message begins (RFC 8011 4.1.4)."""
    yield CHARSET, "attributes-charset", ["utf-8"]
    yield LANGUAGE, "attributes-natural-language", [language]
