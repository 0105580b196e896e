"""From the wall's clock to the hospital's: every packet is put where the act that it belongs to begins in the virtual day.

An act runs at its own pace; only its beginning is moved. So what lasts a second lasts a second in the recording, and what comes every
minute in the virtual day comes every minute there, though the day was lived through in some minutes. A packet belongs to the act that is
under way between its two hosts, else to what one of them is doing, for programs ask for names and knock at doors without being told to;
where nothing is under way, to the last act of the two. A TCP connection stays with the act that opened it, unless that act said that its
connection goes on.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from act import AT_ONCE, Done
from lan import RangeError
from topology import Topology

_FILE = struct.Struct("<IHHiIII")  # pcap, draft-ietf-opsawg-pcap 4: magic, version, zone, accuracy, snap length, link type
_PACKET = struct.Struct("<IIII")  # 5: seconds, microseconds, bytes kept, bytes sent
MICROSECONDS, ETHERNET, SNAP = 0xA1B2C3D4, 1, 262_144
_IPV4, _ARP, _TCP, _UDP, _ICMP = 0x0800, 0x0806, 6, 17, 1
_ARP_TYPE = _ARP.to_bytes(2, "big")
_SYN, _ACK = 0x02, 0x10
_HEADS = 14 + 60 + 20
"""Ethernet, IP with all its options, and TCP without."""
AFTER_S = 1.0
"""How long two hosts go on talking about what one of them did, such as an engine that delivers a message."""
LATE_S = 2.0
Frame = bytes | memoryview
Flow = tuple[bytes, int, bytes, int, int]
"""Lower end first: address, port, address, port, protocol of IP. ICMP: sender, type, receiver, code, protocol."""


@dataclass(slots=True)
class Packet:
    """What is read of a frame to find its act. `ends`: the addresses, sender first. `flow`: of TCP, UDP, ICMP; None for the rest."""

    ts: float
    frame: memoryview
    ends: tuple[bytes, bytes]
    flow: Flow | None = None
    opens: bool = False


def packets(path: Path) -> Iterator[Packet]:
    """The frames of a file that tcpdump wrote or is writing; what is half written at its end is left out.

    Raises:
        RangeError: it is no such file.
    """
    with path.open("rb") as file:
        data = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ) if path.stat().st_size else b"")
    if len(data) < _FILE.size or _FILE.unpack_from(data)[0] != MICROSECONDS:
        raise RangeError(f"{path}: no capture with microseconds")
    place = _FILE.size
    while place + _PACKET.size <= len(data):
        seconds, micros, kept, _ = _PACKET.unpack_from(data, place)
        place += _PACKET.size
        if place + kept > len(data):
            return
        yield _read(seconds + micros / 1e6, data[place : place + kept])
        place += kept


def _read(ts: float, whole: memoryview) -> Packet:
    frame = bytes(whole[:_HEADS])
    kind = int.from_bytes(frame[12:14], "big")
    if kind == _ARP and len(frame) >= 42:
        return Packet(ts, whole, (frame[28:32], frame[38:42]))
    if kind != _IPV4 or len(frame) < 34:
        return Packet(ts, whole, (b"", b""))
    source, target, proto = frame[26:30], frame[30:34], frame[23]
    begin = 14 + (frame[14] & 15) * 4
    if proto in (_TCP, _UDP) and len(frame) >= begin + 4 and not int.from_bytes(frame[20:22], "big") & 0x1FFF:
        here, there = int.from_bytes(frame[begin : begin + 2], "big"), int.from_bytes(frame[begin + 2 : begin + 4], "big")
        opens = proto == _TCP and len(frame) > begin + 13 and frame[begin + 13] & (_SYN | _ACK) == _SYN
    elif proto == _ICMP and len(frame) >= begin + 2:
        return Packet(ts, whole, (source, target), (source, frame[begin], target, frame[begin + 1], proto))
    else:
        return Packet(ts, whole, (source, target))
    low, high = ((source, here), (target, there)) if (source, here) <= (target, there) else ((target, there), (source, here))
    return Packet(ts, whole, (source, target), (*low, *high, proto), opens)


class _Last:
    """Acts by when they began, to find the last one before a moment."""

    def __init__(self) -> None:
        self._begins: list[float] = []
        self._acts: list[Done] = []

    def add(self, act: Done) -> None:
        self._begins.append(act.begin)
        self._acts.append(act)

    def before(self, ts: float) -> Done | None:
        place = bisect_right(self._begins, ts)
        return self._acts[place - 1] if place else None

    def under_way(self, ts: float, after: float = 0.0) -> Done | None:
        """The last that had begun and not ended, or so long ago; as many are looked at as may be done at once."""
        place = bisect_right(self._begins, ts)
        return next((act for act in reversed(self._acts[max(0, place - AT_ONCE) : place]) if ts <= act.end + after), None)


@dataclass
class Owners:
    """Which act a packet belongs to. One for each zone's recording, for it remembers the connections that it saw."""

    topology: Topology
    acts: list[Done]
    _pairs: dict[frozenset[str], _Last] = field(default_factory=dict)
    _actors: dict[str, _Last] = field(default_factory=dict)
    _parts: dict[str, _Last] = field(default_factory=dict)
    _open: dict[Flow, Done] = field(default_factory=dict)
    _names: dict[bytes, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places = ((address, one.name) for one in self.topology.hosts for address in (one.address, *one.also))
        self._names = {bytes(map(int, address.split("."))): name for address, name in places}
        self._names |= {bytes.fromhex(one.mac.replace(":", "")): one.name for one in self.topology.hosts}
        for act in sorted(self.acts, key=lambda act: act.begin):
            self._actors.setdefault(act.host, _Last()).add(act)
            pairs = [frozenset((act.host, peer)) for peer in act.peers] + [frozenset(pair) for pair in act.beyond]
            for pair in pairs:
                self._pairs.setdefault(pair, _Last()).add(act)
            for name in {act.host, *(name for pair in pairs for name in pair)}:
                self._parts.setdefault(name, _Last()).add(act)

    def of(self, packet: Packet) -> Done | None:
        """The packet's act; None for what came before any act of its hosts, such as daemons that say hello."""
        if packet.flow and packet.flow[4] == _TCP:
            known = self._open.get(packet.flow)
            if known is None or packet.opens:
                known = self._owner(packet) or known
            elif known.goes_on:
                known = self._between(packet) or known
            if known:
                self._open[packet.flow] = known
            return known
        return self._owner(packet)

    def _ends(self, packet: Packet) -> tuple[str, str]:
        """Sender and receiver by name, where they are one host's."""
        here, there = (self._names.get(end, "") for end in packet.ends)
        if not here or bytes(packet.frame[12:14]) == _ARP_TYPE:  # who has no address yet, or gives itself out for another
            here = self._names.get(bytes(packet.frame[6:12]), here)
        return here, there

    def _between(self, packet: Packet) -> Done | None:
        """The last act of the two hosts: what a connection that stays open is used for."""
        last = self._pairs.get(frozenset(self._ends(packet)))
        return last.before(packet.ts) if last else None

    def _owner(self, packet: Packet) -> Done | None:
        here, there = self._ends(packet)
        pair = self._pairs.get(frozenset((here, there)))
        if pair and (found := pair.under_way(packet.ts, AFTER_S)):
            return found
        hosts = [table[name] for table in (self._actors, self._parts) for name in (here, there) if name in table]
        now = (found for one in hosts if (found := one.under_way(packet.ts)))
        ever = (found for one in (pair, *hosts) if one and (found := one.before(packet.ts)))
        return next(now, None) or next(ever, None)


@dataclass
class Sent:
    """What was sent because of each act, by its number: conversations, and packets of all zones.

    late: packets that came more than `LATE_S` after the end of their act, though its connections end with it: what hosts say by themselves,
    or what was given to the wrong act.
    """

    flows: dict[int, set[Flow]] = field(default_factory=dict)
    packets: Counter[int] = field(default_factory=Counter)
    late: int = 0


def restamped(path: Path, owners: Owners, sent: Sent) -> tuple[list[tuple[float, Frame]], int]:
    """A zone's packets in the order of the virtual day, and how many belong to no act. Adds to what was sent."""
    moved, latest, without = list[tuple[float, Frame]](), dict[Flow, float](), 0
    for packet in packets(path):
        act = owners.of(packet)
        if act is None:
            without += 1
            continue
        sent.packets[act.number] += 1
        sent.late += not act.goes_on and packet.ts > act.end + LATE_S
        ts = act.at + packet.ts - act.begin
        if packet.flow:
            sent.flows.setdefault(act.number, set()).add(packet.flow)
            ts = latest[packet.flow] = max(ts, latest.get(packet.flow, 0.0))
        moved.append((ts, packet.frame))
    moved.sort(key=lambda one: one[0])
    return moved, without


def write(path: Path, moved: list[tuple[float, Frame]]) -> None:
    """A pcap file with microseconds."""
    with path.open("wb") as out:
        out.write(_FILE.pack(MICROSECONDS, 2, 4, 0, 0, SNAP, ETHERNET))
        for ts, frame in moved:
            micros = round(ts * 1e6)
            out.write(_PACKET.pack(micros // 10**6, micros % 10**6, len(frame), len(frame)))
            out.write(frame)
