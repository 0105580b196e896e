"""What independent programs say of a capture: streams by tshark, DICOM by pynetdicom and pydicom, HL7 by plain splitting."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

ROOT = Path(__file__).parents[2]
HOSPITAL = ROOT.parent / "shared" / "captures" / "hospital"
MORNING = ROOT / "range" / "captures" / "morning.pcap.gz"
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
EXPLICIT_BIG, IMPLICIT, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"


@dataclass(frozen=True, slots=True)
class Stream:
    """A TCP connection as tshark follows it: bytes of the client and of the server."""

    client: bytes
    server: bytes


@cache
def streams(path: Path) -> list[Stream]:
    """All TCP connections with payload, in order."""
    numbers = sorted(set(_tshark(path, "-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.stream").split()), key=int)
    text = _tshark(path, "-q", *(word for number in numbers for word in ("-z", f"follow,tcp,raw,{number}")))
    found = []
    for report in text.split("Node 1:")[1:]:
        # After the head of a report each line is one turn; the server's are indented.
        lines = report.partition("====")[0].splitlines()[1:]
        client, server = [line for line in lines if line[:1] != "\t"], [line[1:] for line in lines if line[:1] == "\t"]
        found.append(Stream(bytes.fromhex("".join(client)), bytes.fromhex("".join(server))))
    return found


def hl7(path: Path) -> list[Stream]:
    """Connections of MLLP."""
    return [stream for stream in streams(path) if b"\x0bMSH|" in stream.client]


def dicom(path: Path) -> list[Stream]:
    """Connections that begin with an A-ASSOCIATE-RQ of the DICOM application context (PS3.7 annex A)."""
    return [stream for stream in streams(path) if stream.client[:2] == b"\x01\0" and b"1.2.840.10008.3.1.1.1" in stream.client[:200]]


def _tshark(path: Path, *arguments: str) -> str:
    return subprocess.run(["tshark", "-r", str(path), "-n", *arguments], check=True, capture_output=True, text=True, timeout=120).stdout


def pdus(data: bytes) -> Iterator[tuple[int, bytes]]:
    """PDUs by type (PS3.8 section 9.3.1), whole ones only."""
    while len(data) >= 6 and len(data) >= 6 + (size := int.from_bytes(data[2:6], "big")):
        yield data[0], data[: 6 + size]
        data = data[6 + size :]


@dataclass(frozen=True, slots=True)
class Message:
    """A DIMSE command and the head of its data set, if it has one."""

    context: int
    command: Dataset
    head: Dataset | None


def messages(data: bytes, syntaxes: dict[int, str]) -> list[Message]:
    """DIMSE messages of one direction (PS3.8 annex E): commands by pydicom, data sets as far as the pixels."""
    found: list[Message] = []
    command, body, pending = bytearray(), bytearray(), None
    for kind, pdu in pdus(data):
        rest = pdu[6:] if kind == 4 else b""
        while rest:
            size = int.from_bytes(rest[:4], "big")
            context, control, fragment = rest[4], rest[5], rest[6 : 4 + size]
            rest = rest[4 + size :]
            (command if control & 1 else body).extend(fragment)
            if control == 3:
                decoded = read_dataset(BytesIO(bytes(command)), is_implicit_VR=True, is_little_endian=True)
                command = bytearray()
                pending = (context, decoded)
                if decoded.CommandDataSetType == 0x0101:
                    found.append(Message(context, decoded, None))
                    pending = None
            elif control == 2 and pending:
                found.append(Message(pending[0], pending[1], _head(bytes(body), syntaxes.get(context, IMPLICIT))))
                body, pending = bytearray(), None
    return found


def _head(data: bytes, syntax: str) -> Dataset:
    if syntax == DEFLATED:
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data)

    def pixels(tag: Any, vr: Any, length: int) -> bool:
        return tag >= 0x7FE00008

    return read_dataset(BytesIO(data), syntax == IMPLICIT, syntax != EXPLICIT_BIG, stop_when=pixels)
