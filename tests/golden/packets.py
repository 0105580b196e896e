"""Packets and captures by hand: what a recording cannot be asked for, such as a lost segment or a cut record.

Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 768, 791, 792, 826, 8200, 9293, IEEE 802.1Q, LINKTYPE_LINUX_SLL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

Packet = tuple[int, bytes]
START = 1_700_000_000_000_000
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MAC_A, MAC_B = b"\x02\0\0\0\0\x0a", b"\x02\0\0\0\0\x0b"
ETHERNET, RAW, SLL = 1, 101, 113


def pcap(packets: Iterable[Packet], link: int = ETHERNET, order: str = "<", nano: bool = False, snap: int = 65535) -> bytes:
    """A capture of (microseconds, frame) in that byte order; frames longer than `snap` are cut, as a recorder does."""
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)]
    for ts, frame in packets:
        kept = frame[:snap]
        out.append(struct.pack(order + "IIII", ts // 1_000_000, ts % 1_000_000 * (1000 if nano else 1), len(kept), len(frame)) + kept)
    return b"".join(out)


def pcapng(packets: Iterable[Packet], link: int = ETHERNET) -> bytes:
    """A section with two interfaces of other resolutions that take turns, and a block of a kind nobody knows between the packets."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", link, 0, 0))]
    out.append(block(1, struct.pack("<HHI", link, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)))
    for i, (ts, frame) in enumerate(packets):
        units = ts * (1000 if i % 2 else 1)
        out.append(block(6, struct.pack("<IIIII", i % 2, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame)) + frame))
        out.append(block(0x0BAD, b"unknown"))
    return b"".join(out)


def spaced(frames: Iterable[bytes], step: int = 1000) -> list[Packet]:
    """The frames, one every `step` microseconds."""
    return [(START + i * step, frame) for i, frame in enumerate(frames)]


def ethernet(payload: bytes, kind: int = 0, source: bytes = MAC_A, target: bytes = MAC_B, tags: tuple[tuple[int, int], ...] = ()) -> bytes:
    """A frame; `tags` are (tag protocol, VLAN id) from the outside in; a kind of 0 is told by the IP version."""
    kind = kind or (0x86DD if payload[0] >> 4 == 6 else 0x0800)
    return target + source + b"".join(struct.pack(">HH", tpid, vlan) for tpid, vlan in tags) + struct.pack(">H", kind) + payload


def cooked(payload: bytes, source: bytes = MAC_A) -> bytes:
    """The frame as `tcpdump -i any` writes it (LINUX_SLL)."""
    return struct.pack(">HHH8sH", 0, 1, 6, source + b"\0\0", 0x0800) + payload


def ip4(source: str, target: str, protocol: int, payload: bytes, ident: int = 0, fragment: int = 0, more: bool = False) -> bytes:
    flags = fragment // 8 | (0x2000 if more else 0)
    addresses = ip_address(source).packed + ip_address(target).packed
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, flags, 64, protocol, 0) + addresses + payload


def ip6(source: str, target: str, protocol: int, payload: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + ip_address(source).packed + ip_address(target).packed + payload


def ip6_fragments(source: str, target: str, protocol: int, payload: bytes, size: int, ident: int = 7) -> list[bytes]:
    """The payload in fragments of `size` bytes (a multiple of 8), behind a hop-by-hop header (RFC 8200 4.3, 4.5)."""
    pieces = []
    for at in range(0, len(payload), size):
        head = struct.pack(">BBHI", protocol, 0, at | (at + size < len(payload)), ident)
        pieces.append(ip6(source, target, 0, bytes([44, 0, 1, 4, 0, 0, 0, 0]) + head + payload[at : at + size]))
    return pieces


def udp(source: int, target: int, payload: bytes) -> bytes:
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def arp(op: int, mac: bytes, sender: str, target: str, target_mac: bytes = bytes(6)) -> bytes:
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, op) + mac + ip_address(sender).packed + target_mac + ip_address(target).packed
    return ethernet(body, 0x0806, mac, target_mac if any(target_mac) else b"\xff" * 6)


@dataclass
class Talk:
    """A TCP connection between two ends as segments, in the order they were sent; tests lose, turn or repeat them."""

    a: tuple[str, int] = ("10.1.0.1", 40000)
    b: tuple[str, int] = ("10.1.0.2", 9000)
    seq: list[int] = field(default_factory=lambda: [1000, 5000])
    packets: list[bytes] = field(default_factory=list)

    def segment(self, side: int, flags: int, data: bytes = b"", seq: int | None = None) -> bytes:
        """One segment of side 0 or 1 as an IP packet, at the given sequence number or at that side's next."""
        (source, sport), (target, tport) = (self.a, self.b) if side == 0 else (self.b, self.a)
        at = self.seq[side] if seq is None else seq
        ack = self.seq[1 - side] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", sport, tport, at, ack, 0x50, flags, 64000, 0, 0) + data
        return ip6(source, target, 6, tcp) if ":" in source else ip4(source, target, 6, tcp)

    def _send(self, side: int, flags: int, data: bytes = b"") -> None:
        self.packets.append(self.segment(side, flags, data))
        self.seq[side] += len(data) + bool(flags & (SYN | FIN))

    def open(self) -> Talk:
        self._send(0, SYN)
        self._send(1, SYN | ACK)
        self._send(0, ACK)
        return self

    def say(self, data: bytes, side: int = 0, size: int = 1400) -> Talk:
        """Data of one side in segments of at most `size` bytes."""
        for at in range(0, len(data), size):
            self._send(side, PSH | ACK, data[at : at + size])
        return self

    def answer(self, data: bytes, size: int = 1400) -> Talk:
        return self.say(data, 1, size)

    def close(self) -> Talk:
        self._send(0, FIN | ACK)
        self._send(1, FIN | ACK)
        self._send(0, ACK)
        return self

    def frames(self) -> list[bytes]:
        return [ethernet(packet, 0, *((MAC_A, MAC_B) if self._of(packet) == 0 else (MAC_B, MAC_A))) for packet in self.packets]

    def _of(self, packet: bytes) -> int:
        source = ip_address(self.a[0]).packed
        return 0 if packet[8:24] == source or packet[12:16] == source else 1
