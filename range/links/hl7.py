"""What both ends of an HL7 v2 connection share: MLLP framing, the fields of MSH that route a message, and its acknowledgement.

Framing: HL7 MLLP Release 1 (start block 0x0B, end block 0x1C 0x0D). Acknowledgements: HL7 v2.5.1 2.9.2 (original mode) and 2.14.8 (MSA).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

START, END = b"\x0b", b"\x1c\r"
MESSAGE_BYTES = 1 << 20
CONNECTIONS = 256  # senders at a time; a hospital has some dozens
ACCEPTED, ERROR, REJECTED = "AA", "AE", "AR"


@dataclass(frozen=True, slots=True)
class Head:
    """What MSH says (v2.5.1 2.14.9): who sends to whom, when by its clock, what kind, by which number."""

    sender: str
    receiver: str
    at: str
    kind: str
    control: str


def framed(segments: list[str]) -> bytes:
    return START + ("\r".join(segments) + "\r").encode() + END


def head(message: bytes) -> Head | None:
    """The first segment, or None where it is no MSH or lacks kind or number, which a receiver must reject (2.9.2.2)."""
    line = message.lstrip(START).split(b"\r", 1)[0].decode(errors="replace")
    if not line.startswith("MSH") or len(line) < 9:
        return None
    field = line.split(line[3])
    if len(field) < 12 or not field[8] or not field[9]:
        return None
    kind = "^".join(field[8].split(line[4])[:2])
    return Head(f"{field[2]}|{field[3]}", f"{field[4]}|{field[5]}", field[6], kind, field[9])


def acknowledgement(of: Head | None, code: str, text: str = "") -> bytes:
    """Sender and receiver change places, MSA-2 repeats MSH-10. Its time is the message's own: the range's clock is not this machine's."""
    told = of or Head("|", "|", "", "", "")
    msh = f"MSH|^~\\&|{told.receiver}|{told.sender}|{told.at}||ACK|A{told.control}|P|2.5.1"
    return framed([msh, f"MSA|{code}|{told.control}" + (f"|{text}" if text else "")])


def answer_code(message: bytes) -> str:
    """MSA-1 of an acknowledgement, or "" where there is none."""
    for line in message.lstrip(START).split(b"\r"):
        if line.startswith(b"MSA|"):
            return line.split(b"|")[1].decode(errors="replace")
    return ""


async def next_message(reader: asyncio.StreamReader) -> bytes:
    """One message without its frame. Ends in IncompleteReadError where the peer left, LimitOverrunError where it says too much."""
    return (await reader.readuntil(END))[: -len(END)].lstrip(START)
