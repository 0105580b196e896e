"""Cuts the capture of an attack for the demo out of a recording: `python range/record_story.py RECORDING`, behind

    python range up; python range scenario story-ransomware; python range record --into RECORDING; python range down

It writes range/attack/story.pcap.gz and range/attack/site.toml. Conversations with the internet that carry much (what was stolen) are left
out: the story is told without them, and the repository stays small.
"""

from __future__ import annotations

import gzip
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

INTO = Path(__file__).parent / "attack"
MOST = 150_000
"""Bytes of a conversation with the internet that is kept."""
OUTSIDE = bytes((198, 51, 100))
ETHERNET, IPV4 = 14, 0x0800
NANOSECONDS = b"\x4d\x3c\xb2\xa1"

Packet = tuple[int, bytes]
Ends = tuple[bytes, ...]


def packets(path: Path) -> Iterator[Packet]:
    """Microseconds since 1970 and frame of each packet."""
    data = path.read_bytes()
    scale = 1000 if data[:4] == NANOSECONDS else 1
    at = 24
    while at + 16 <= len(data):
        seconds, part, size, _ = struct.unpack_from("<IIII", data, at)
        yield seconds * 1_000_000 + part // scale, data[at + 16 : at + 16 + size]
        at += 16 + size


def ends(frame: bytes) -> Ends:
    """What tells conversations apart: both addresses with their ports, in order; of all else the kind of frame."""
    if struct.unpack_from(">H", frame, 12)[0] != IPV4:
        return (frame[12:14],)
    head = ETHERNET + (frame[ETHERNET] & 15) * 4
    source, target = frame[ETHERNET + 12 : ETHERNET + 16], frame[ETHERNET + 16 : ETHERNET + 20]
    return tuple(sorted((source + frame[head : head + 2], target + frame[head + 2 : head + 4])))


def main() -> None:
    recording = Path(sys.argv[1])
    found = sorted({packet for path in recording.glob("*.pcap") for packet in packets(path)})
    weight: Counter[Ends] = Counter()
    for _, frame in found:
        weight[ends(frame)] += len(frame)
    kept = [packet for packet in found if weight[ends(packet[1])] <= MOST or not any(end[:3] == OUTSIDE for end in ends(packet[1]))]
    INTO.mkdir(exist_ok=True)
    body = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    for moment, frame in kept:
        body += struct.pack("<IIII", *divmod(moment, 1_000_000), len(frame), len(frame)) + frame
    (INTO / "story.pcap.gz").write_bytes(gzip.compress(body, 9, mtime=0))
    (INTO / "site.toml").write_bytes((recording / "site.toml").read_bytes())
    print(f"{len(kept):,} of {len(found):,} packets")


if __name__ == "__main__":
    main()
