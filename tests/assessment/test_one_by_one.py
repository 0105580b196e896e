"""A hospital is read capture by capture: what is known grows, and in the end it is what one look at everything would have shown."""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asepsis.assessment.service import assess
from asepsis.findings.service import Finding, State, accept, findings, show
from asepsis.kit.site import Site

ROOT = Path(__file__).parents[2]
MORNING = ROOT / "range/captures/morning.pcap.gz"
SLICES = 4
HEADER = 24
"""Bytes before the first packet of a pcap file (draft-ietf-opsawg-pcap 4)."""


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The morning in several captures, every conversation whole in one of them; ARP stands alone in the first."""
    raw, folder = gzip.decompress(MORNING.read_bytes()), tmp_path_factory.mktemp("slices")
    parts = [bytearray(raw[:HEADER]) for _ in range(SLICES)]
    at = HEADER
    while at < len(raw):
        end = at + 16 + struct.unpack_from("<I", raw, at + 8)[0]
        parts[_slice(raw[at + 16 : end])] += raw[at:end]
        at = end
    paths = [folder / f"{n}.pcap" for n in range(SLICES)]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    return paths


def _slice(frame: bytes) -> int:
    if frame[12:14] != b"\x08\x00":
        return 0
    ends = sorted((frame[26:30], frame[30:34]))
    return 1 + sum(b"".join(ends)) % (SLICES - 1)


def read(folder: Path, captures: Iterable[list[Path]]) -> list[Finding]:
    site = Site.open(folder, create=True)
    for paths in captures:
        assess(site, paths)
    return findings(site)


def open_ones(found: Iterable[Finding]) -> set[tuple[str, str, str, str, int]]:
    return {(f.seen.check, f.seen.subject, f.seen.discriminator, f.seen.title, f.seen.patients) for f in found if f.state is State.OPEN}


@pytest.fixture(scope="module")
def at_once(slices: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    return read(tmp_path_factory.mktemp("whole") / "site", [slices])


@pytest.mark.parametrize("seed", [None, 1], ids=["forwards", "in another order"])
def test_in_any_order_the_same_findings_are_open_as_at_once(
    slices: list[Path], at_once: list[Finding], tmp_path: Path, seed: int | None
) -> None:
    paths = slices if seed is None else random.Random(seed).sample(slices, SLICES)
    one_by_one = read(tmp_path / "site", [[path] for path in paths])
    assert len(open_ones(at_once)) > 20
    assert open_ones(one_by_one) == open_ones(at_once)
    assert len({f.id for f in one_by_one}) == len(one_by_one)


def arp(folder: Path, address: bytes, mac: bytes) -> Path:
    """A capture of one ARP reply (RFC 826)."""
    frame = b"\xff" * 6 + mac + b"\x08\x06" + b"\x00\x01\x08\x00\x06\x04\x00\x02" + mac + address + mac + address
    path = folder / "arp.pcap"
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    path.write_bytes(head + struct.pack("<IIII", 1_795_584_000, 0, len(frame), len(frame)) + frame)
    return path


def test_an_accepted_finding_stays_accepted_when_its_address_turns_out_to_be_a_machine(tmp_path: Path) -> None:
    site = Site.open(tmp_path / "site", create=True)
    assess(site, [ROOT / "tests/golden/hl7/monitors.pcap"])
    (finding,) = findings(site)
    accept(site, finding.id, "replaced in May", datetime.now(UTC).date() + timedelta(days=7))
    assess(site, [arp(tmp_path, bytes((10, 20, 20, 13)), bytes.fromhex("02000a14140d"))])
    (after,) = findings(site)
    assert (after.id, after.state) == (finding.id, State.ACCEPTED)
    assert after.seen.subject != finding.seen.subject
    assert [turn.what for turn in show(site, finding.id).history] == ["opened", "accepted", "carried"]


def test_the_same_again_after_all_that_changes_nothing(slices: list[Path], tmp_path: Path) -> None:
    first = read(tmp_path / "site", [[path] for path in reversed(slices)])
    assert read(tmp_path / "site", [[slices[0]]]) == first
