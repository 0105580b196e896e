"""ASTM against the bytes of each side as tshark puts them together: frames are taken apart here (LIS01-A2 6.3, LIS02-A2 6)."""

from __future__ import annotations

import re
from collections import Counter

from asepsis import _wire

from .captures import HERE
from .oracle import needs_tshark, payloads, rows
from .rows import KEY, KEY_ID

pytestmark = needs_tshark
RECORDED = HERE / "astm" / "analyser.pcap"
FRAME = re.compile(rb"\x02([0-7])([^\x02\x03\x04\x05\x17]*)([\x03\x17])([0-9A-F]{2})\r\n")


def _transfers(said: bytes) -> list[tuple[list[list[str]], Counter[str]]]:
    """Records, split into fields, of each transfer of a side, and how often what happened to its frames."""
    found = []
    for transfer in said.split(b"\x05")[1:]:
        text, last, seen = b"", b"", Counter[str]()
        for number, part, end, given in FRAME.findall(transfer):
            if int(given, 16) != sum(number + part + end) % 256:
                seen["damaged"] += 1
            elif number == last:
                seen["again"] += 1
            else:
                text, last = text + part, number
                seen["frames"] += 1
        records = [record.split("|") for record in text.decode("ascii").split("\r") if record]
        found.append((records, seen))
    return found


def _hidden(records: list[list[str]], kind: str, field: int) -> list[str]:
    values = dict.fromkeys(record[field - 1].rpartition("^")[2] for record in records if record[0] == kind)
    return [hidden for value in values if (hidden := _wire.pseudonym(KEY, KEY_ID, value))]


def test_messages_of_a_real_codec() -> None:
    (sides,) = payloads(RECORDED, "tcp").values()
    theirs = [transfer for side in sides for transfer in _transfers(side)]
    mine = rows(RECORDED)["astm"]
    assert len(mine) == len(theirs) == 4
    wanted = []
    for records, seen in theirs:
        head = records[0]
        counts = [f"{kind}:{count}" for kind, count in Counter(record[0] for record in records).items()]
        specimens = [*_hidden(records, "O", 3), *_hidden(records, "Q", 3)]
        resent = seen["again"] + seen["damaged"]
        wanted.append((head[9], head[11], head[12], counts, _hidden(records, "P", 4), specimens, seen["frames"], resent, seen["damaged"]))
    columns = ("receiver", "processing_id", "version", "records", "patients", "specimens", "frames", "retransmitted", "checksum_errors")
    assert sorted(tuple(row[column] for column in columns) for row in mine) == sorted(wanted)
    assert all(row["latency"] is not None and not row["partial"] and row["malformed"] is None for row in mine)
    assert sorted(row["naks"] for row in mine) == [0, 0, 1, 1]
    instruments = {(row["model"], row["software_version"], row["serial_number"]) for row in mine if row["is_orig"]}
    assert instruments == {("ARCHITECT", "8.10", "F3453010030")}
