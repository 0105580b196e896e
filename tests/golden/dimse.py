"""A DICOM upper layer in a screen, made from PS3.8 9.3 and read by pydicom: the oracle of the core's own."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

IMPLICIT, BIG, DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"


@dataclass
class Message:
    """One DIMSE message; `whole` is false where the stream ended before its last fragment."""

    context: int
    command: Dataset
    transfer: str
    data: Dataset = field(default_factory=Dataset)
    size: int = 0
    whole: bool = True


def pdus(stream: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Type, body and whether it is whole, of each PDU."""
    at = 0
    while at + 6 <= len(stream):
        kind, size = struct.unpack_from(">BxI", stream, at)
        yield kind, stream[at + 6 : at + 6 + size], at + 6 + size <= len(stream)
        at += 6 + size


def accepted(stream: bytes) -> dict[int, str]:
    """Transfer syntax by presentation context, of an A-ASSOCIATE-AC (PS3.8 9.3.3)."""
    found = {}
    for kind, body, _ in pdus(stream):
        at = 68
        while kind == 2 and at + 4 <= len(body):
            item, size = struct.unpack_from(">BxH", body, at)
            if item == 0x21 and body[at + 6] == 0:
                found[body[at + 4]] = body[at + 12 : at + 4 + size].rstrip(b"\0").decode()
            at += 4 + size
    return found


def messages(stream: bytes, transfers: dict[int, str]) -> list[Message]:
    """DIMSE messages of one side, in order of their commands."""
    found: list[Message] = []
    command, data = b"", b""
    for kind, body, whole in pdus(stream):
        at = 0
        while kind == 4 and at + 6 <= len(body):
            size, context, control = struct.unpack_from(">IBB", body, at)
            fragment = body[at + 6 : at + 4 + size]
            at += 4 + size
            if control & 1:
                command += fragment
                if control & 2:
                    found.append(Message(context, _decode(command, IMPLICIT), transfers[context]))
                    found[-1].whole = found[-1].command.CommandDataSetType == 0x0101
                    command = b""
            else:
                data += fragment
                found[-1].size += size - 2
                found[-1].whole = bool(control & 2) and whole
                if control & 2:
                    found[-1].data, data = _decode(data, found[-1].transfer), b""
    if data:
        found[-1].data = _decode(data, found[-1].transfer)
    return found


def _decode(data: bytes, transfer: str) -> Dataset:
    """A data set as far as its pixels (7FE0,0010)."""

    def stop(tag: BaseTag, _vr: str | None, _length: int) -> bool:
        return bool(tag >= 0x7FE00000)

    if transfer == DEFLATED:
        data = zlib.decompressobj(-15).decompress(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Dataset(read_dataset(BytesIO(data), transfer == IMPLICIT, transfer != BIG, stop_when=stop))
