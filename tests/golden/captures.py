"""The golden captures: cut out of the recorded morning of range/, or built where a real stack does not err on demand."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

from .laboratory import LABORATORY
from .odd import ODD
from .packets import Packet, pcap

HERE = Path(__file__).parent
MORNING = HERE.parents[1] / "range" / "captures" / "morning.pcap.gz"
TCP, UDP = 6, 17
Cut = Callable[[list[Packet]], bytes]


def recorded(path: Path = MORNING) -> list[Packet]:
    """Packets of a capture in little-endian microsecond pcap, gzip or not."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    packets, at = [], 24
    while at < len(data):
        seconds, micros, kept, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds * 1_000_000 + micros, data[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return packets


def _ends(frame: bytes) -> tuple[int, str, int, str, int] | None:
    if frame[12:14] != b"\x08\x00" or frame[23] not in (TCP, UDP):
        return None
    sport, dport = struct.unpack_from(">HH", frame, 14 + (frame[14] & 15) * 4)
    source, target = (".".join(map(str, frame[at : at + 4])) for at in (26, 30))
    return frame[23], source, sport, target, dport


def cut(
    client: str, server: str, port: int, nth: int = 0, protocol: int = TCP, keep: int | None = None, snap: int = 65535
) -> Callable[[list[Packet]], bytes]:
    """The nth connection of client (`*`: any) to that port of the server, or its first `keep` packets, each as far as `snap` bytes."""

    def make(packets: list[Packet]) -> bytes:
        talks: dict[tuple[str, int, str], list[Packet]] = {}
        for packet in packets:
            match _ends(packet[1]):
                case (p, a, sport, b, dport) if p == protocol and dport == port and client in ("*", a) and server in ("*", b):
                    talks.setdefault((a, sport, b), []).append(packet)
                case (p, b, sport, a, dport) if p == protocol and sport == port and (a, dport, b) in talks:
                    talks[a, dport, b].append(packet)
        return pcap(list(talks.values())[nth][:keep], snap=snap)

    return make


def _first_arps(packets: list[Packet]) -> bytes:
    return pcap([packet for packet in packets if packet[1][12:14] == b"\x08\x06"][:12])


def _first_lease(packets: list[Packet]) -> bytes:
    return pcap([packet for packet in packets if (ends := _ends(packet[1])) and ends[4] in (67, 68)][:4])


CT, MR, CR, ANGIO, READER = "10.20.10.11", "10.20.10.12", "10.20.10.13", "10.20.10.16", "10.20.10.30"
PACS, ARCHIVE, WORKLIST, FILES = "10.20.10.20", "10.20.10.21", "10.20.10.22", "10.20.30.10"

# Cut out of the recorded morning: <stream>/<name> and what to take.
CUT: dict[str, Cut] = {
    "conn/ftp.pcap": cut("*", MR, 21),
    "arp/who_has.pcap": _first_arps,
    "dhcp/lease.pcap": _first_lease,
    "dns/lookup.pcap": cut("10.20.20.13", "10.20.30.2", 53, protocol=UDP),
    "dns/missing.pcap": cut("10.20.30.102", "10.20.30.2", 53, nth=4, protocol=UDP),
    "http/orthanc.pcap": cut(READER, PACS, 8042),
    "http/orthanc_second.pcap": cut(READER, PACS, 8042, nth=1),
    "fhir/capabilities.pcap": cut("10.20.20.13", "10.20.20.20", 80),
    "fhir/read_and_search.pcap": cut("10.20.20.13", "10.20.20.20", 80, nth=1),
    "fhir/reader.pcap": cut(READER, "10.20.20.20", 80),
    "fhir/office.pcap": cut("10.20.30.102", "10.20.20.20", 80),
    "ssl/tls13.pcap": cut("10.20.30.101", "10.20.20.20", 443),
    "ssl/telemetry.pcap": cut(CT, "203.0.113.80", 443),
    "x509/office.pcap": cut("10.20.30.102", "10.20.20.20", 443),
    "x509/old_server.pcap": cut("10.20.30.102", "10.20.20.31", 443),
    "smb_mapping/smb1.pcap": cut(CR, FILES, 445, snap=400),
    "smb_files/encrypted.pcap": cut("10.20.30.101", FILES, 445, keep=34),
    "smb_files/write_goes_on.pcap": cut(READER, FILES, 445, keep=44),
    "smb_files/snapped.pcap": cut(READER, FILES, 445, snap=400),
    "dicom_association/echo.pcap": cut(CT, PACS, 104),
    "dicom_association/rejected.pcap": cut(ANGIO, ARCHIVE, 11112),
    "dicom_association/office_let_in.pcap": cut("10.20.30.102", PACS, 104),
    "dicom_message/store.pcap": cut(ANGIO, PACS, 104),
    "dicom_message/find.pcap": cut(READER, PACS, 104),
    "dicom_message/worklist.pcap": cut(CT, WORKLIST, 11115),
    "dicom_message/move.pcap": cut(READER, PACS, 104, nth=5),
    "dicom_message/move_archive.pcap": cut(READER, ARCHIVE, 11112, nth=2),
    "dicom_message/cut_in_pixels.pcap": cut(CR, PACS, 104, keep=20),
    "hl7/laboratory.pcap": cut("10.20.20.12", "10.20.20.10", 6661, keep=18),
    "hl7/admissions.pcap": cut("10.20.20.11", "10.20.20.10", 2575, keep=18),
    "hl7/monitors.pcap": cut("10.20.20.13", "10.20.20.10", 2575, keep=15),
}


def make_all() -> dict[str, bytes]:
    """Every golden capture by its path under this folder."""
    packets = recorded()
    return {name: make(packets) for name, make in CUT.items()} | {name: make() for name, make in (ODD | LABORATORY).items()}
