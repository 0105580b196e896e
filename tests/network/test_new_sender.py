"""Who sent an image, on the wire: what the rule of new senders rests on."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from tests.golden.odd import associate
from tests.golden.packets import Talk, pcap, spaced

from asepsis.kit.site import Site
from asepsis.lake.service import Lake, ingest, open_lake
from asepsis.network.service import library
from asepsis.network.sigma import hunt

_COMMAND = [(0x0002, b"1.2.840.10008.5.1.4.1.1.2\0"), (0x0100, b"\x01\0"), (0x0110, b"\x07\0"), (0x0700, b"\0\0"), (0x0800, b"\x00\x00")]


def store(patient: bytes) -> bytes:
    """A C-STORE-RQ and the head of its data set (PS3.7 9.3.1.1, PS3.8 9.3.5)."""
    command = b"".join(struct.pack("<HHI", 0, tag, len(value)) + value for tag, value in [*_COMMAND, (0x1000, b"1.2.3.4.5\0")])
    whole = struct.pack("<HHII", 0, 0, 4, len(command)) + command
    return _pdv(3, whole) + _pdv(2, struct.pack("<HHI", 0x0010, 0x0010, len(patient)) + patient)


def _pdv(flags: int, value: bytes) -> bytes:
    return struct.pack(">BBIIBB", 4, 0, len(value) + 6, len(value) + 2, 1, flags) + value


def heard(tmp_path: Path, port: int, unseen: int, patient: bytes) -> Lake:
    """The lake after an image from `port`, of whose packets the first were not seen."""
    talk = Talk(("10.1.0.1", port), ("10.1.0.2", 11112)).open().say(associate(1)).answer(associate(2)).say(store(patient)).close()
    capture = tmp_path / "image.pcap"
    capture.write_bytes(pcap(spaced(talk.frames()[unseen:])))
    site = Site.open(tmp_path / "site", create=True)
    ingest(site, [capture])
    return open_lake(site)


@pytest.mark.parametrize(("port", "unseen"), [(40000, 0), (40000, 3), (1000, 0), (1000, 3)])
def test_it_was_sent_by_who_asked_for_the_association(tmp_path: Path, port: int, unseen: int) -> None:
    with heard(tmp_path, port, unseen, b"ANNA^BOB") as lake:
        assert lake.rows("SELECT is_orig FROM dicom_message WHERE command = 'C-STORE-RQ'") == [{"is_orig": True}]


@pytest.mark.parametrize("patient", [b"ANNA^BOB", b"TESTER^A"])
def test_a_title_that_is_left_out_as_the_patients_name_hides_nobody(tmp_path: Path, patient: bytes) -> None:
    rule = library().by_name["images-from-new-sender"]
    with heard(tmp_path, 40000, 0, patient) as lake:
        assert list(hunt.of(rule.speaks, lake, rule.pack, hunt.Reach()))
