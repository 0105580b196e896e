"""What tools say on the wire, as frames: rows of the sensor are made of them, as in a hospital.

Formats: RFC 1035 section 4, RFC 9112, RFC 5246 section 7.4, RFC 5280 section 4.1, C706 chapter 12.6.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from tests.golden.packets import Talk, ethernet, ip4, pcap, spaced, udp

from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake
from asepsis.network.library import Entry
from asepsis.network.sigma import hunt

MACHINE, SERVER, RESOLVER, OUTSIDE = "10.1.5.32", "10.1.6.20", "10.1.6.2", "198.51.100.66"
NDR = UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<I", 2)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"

Frames = list[bytes]


def asked(name: str, kind: int = 1, answer: bytes = b"\xc6\x33\x64\x42") -> Frames:
    """A name is asked for and answered."""
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack(">HH", kind, 1)
    reply = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(answer)) + answer
    heads = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0), struct.pack(">HHHHHH", 7, 0x8180, 1, 1, 0, 0)
    there = ethernet(ip4(MACHINE, RESOLVER, 17, udp(50_000, 53, heads[0] + question)))
    return [there, ethernet(ip4(RESOLVER, MACHINE, 17, udp(53, 50_000, heads[1] + question + reply)))]


def page(target: str = "/", agent: str | None = "curl/8.5.0", host: str = OUTSIDE, method: str = "GET", to: str = OUTSIDE) -> Frames:
    """A page is asked for by a program that calls itself so, and given."""
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n" + ("" if agent is None else f"User-Agent: {agent}\r\n") + "\r\n"
    return Talk((MACHINE, 40_000), (to, 80)).open().say(head.encode()).answer(OK).close().frames()


def called(interface: str, operation: int) -> Frames:
    """An operation of Windows is called over TCP and answered."""

    def packet(kind: int, body: bytes) -> bytes:
        return struct.pack("<BBBBIHHI", 5, 0, kind, 3, 0x10, 16 + len(body), 0, 1) + body

    bind = struct.pack("<HHIBBHHBB", 4280, 4280, 0, 1, 0, 0, 0, 1, 0) + UUID(interface).bytes_le + struct.pack("<I", 1) + NDR
    bound = struct.pack("<HHIH", 4280, 4280, 1, 6) + b"49700\0" + struct.pack("<BBHHH", 1, 0, 0, 0, 0) + NDR
    talk = Talk((MACHINE, 40_000), (SERVER, 49_700)).open().say(packet(11, bind)).answer(packet(12, bound))
    talk.say(packet(0, struct.pack("<IHH", 24, 0, operation) + bytes(24)))
    return talk.answer(packet(2, struct.pack("<IHBB", 4, 0, 0, 0) + bytes(4))).close().frames()


def shown(serial: int) -> Frames:
    """A server shows a certificate of that serial number, which it signed itself."""
    rsa, name = _der(0x30, bytes.fromhex("06092a864886f70d01010b0500")), _der(0x30, b"")
    number = _der(2, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    when = _der(0x30, _der(0x17, b"150101000000Z") + _der(0x17, b"350101000000Z"))
    key = _der(0x30, _der(2, b"\x00" + b"\xc1" * 256) + _der(2, b"\1\0\1"))
    keyed = _der(0x30, _der(0x30, bytes.fromhex("06092a864886f70d0101010500")) + _der(3, b"\0" + key))
    body = _der(0x30, _der(0xA0, _der(2, b"\2")) + number + rsa + name + when + name + keyed)
    certificate = _der(0x30, body + rsa + _der(3, bytes(257)))
    hello = b"\x03\x03" + bytes(32) + b"\0" + b"\0\2\0\x2f" + b"\1\0"
    chosen = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x2f" + b"\0"
    chain = len(certificate).to_bytes(3, "big") + certificate
    said = _handshake(2, chosen) + _handshake(11, len(chain).to_bytes(3, "big") + chain) + _handshake(14, b"")
    return Talk((MACHINE, 40_000), (OUTSIDE, 443)).open().say(_handshake(1, hello)).answer(said).close().frames()


def _der(tag: int, body: bytes) -> bytes:
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def _handshake(kind: int, body: bytes) -> bytes:
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def found(entry: Entry, frames: Sequence[bytes]) -> int:
    """How many events of a rule the sensor makes of frames."""
    with tempfile.TemporaryDirectory(prefix="asepsis-") as folder:
        (capture := Path(folder) / "wire.pcap").write_bytes(pcap(spaced(frames)))
        site = Site.open(Path(folder) / "site", create=True)
        ingest(site, [capture])
        with open_lake(site) as lake:
            return sum(1 for _ in hunt.of(entry.speaks, lake, entry.pack, hunt.Reach()))
