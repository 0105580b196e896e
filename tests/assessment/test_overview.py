"""The inventory in some lines of text."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from asepsis.assessment import service
from asepsis.assessment.overview import LINES, overview
from asepsis.hospital.asset import STATED, Asset, Attribute
from asepsis.hospital.service import KINDS
from asepsis.kit.site import Site

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
HOSPITAL = Path(__file__).parents[3] / "shared" / "captures" / "hospital"
PLAIN = Asset("a-1", "Name", "CT", 0.9, "monitor", "kind CT", 1.0, addresses=("10.0.0.1",))


def many(kind: str, number: int, **known: object) -> list[Asset]:
    return [dataclasses.replace(PLAIN, id=f"a-{kind}-{n}", kind=kind, name=f"{kind} {n:05}", **known) for n in range(number)]  # type: ignore[arg-type]


def lines(text: str) -> list[str]:
    return text.splitlines()[2:]


def test_every_asset_of_a_small_hospital_has_its_line(store: Site) -> None:
    assets = service.assess(store, [MORNING]).assets
    text = overview(assets)
    assert text.startswith(f"On the network: {len(assets)} assets\n\n")
    assert len(lines(text)) == len(assets)
    for words in (
        r"1 MR scanner +10\.20\.10\.12 +GE MEDICAL SYSTEMS SIGNA Architect \(MR01\)",
        r"1 CT scanner +10\.20\.10\.11 +SIEMENS SOMATOM Force",
        r"2 PACS servers +10\.20\.10\.20\n +10\.20\.10\.21 +ARCHIVE",
        r"1 laboratory information system +10\.20\.20\.12 +ZZLIS; sends HL7",
        r"1 file server +10\.20\.30\.10 +files",
        r"1 interface engine +10\.20\.20\.10 +PICIX, ZZADT, ZZEHR, ZZLIS; also health record system; sends HL7",
    ):
        assert re.search(words, text), words


@pytest.mark.skipif(not HOSPITAL.is_dir(), reason="needs the captures of other people's hospitals")
def test_what_one_server_does_besides_stands_in_its_line(store: Site) -> None:
    text = overview(service.assess(store, [HOSPITAL]).assets)
    assert re.search(r"GE MEDICAL SYSTEMS SIGNA Architect", text)
    assert re.search(r"PACS server +10\.10\.0\.2 .*file server", text)
    assert len(re.findall(r"10\.10\.0\.1[12] .*sends HL7", text)) == 2


def test_of_a_large_hospital_each_kind_is_counted_and_has_a_line() -> None:
    assets = [asset for number, kind in enumerate(KINDS, 1) for asset in many(kind, number * 100)]
    text = overview(assets, Path("St. Elsewhere"))
    more = "some of each kind, `asepsis assets list --site 'St. Elsewhere'` has all"
    assert text.startswith(f"On the network: {len(assets):,} assets; {more}\n\n")
    assert len(lines(text)) == len(KINDS)
    few = overview(many("CT", 3) + many("workstation", 500))
    assert len(lines(few)) == 3 + 8 <= LINES
    assert "500 workstations" in few


def test_who_depends_on_it_most_comes_first_and_a_guess_is_called_one() -> None:
    seen = [asset for kind in ("printer", "ventilator", "unknown", "phone") for asset in many(kind, 1)]
    text = overview(seen + many("PACS", 1, kind_confidence=0.3))
    assert [line.split("  ")[1] for line in lines(text)] == [
        "1 ventilator", "1 possible PACS server", "1 printer", "1 unidentified machine", "1 telephone",
    ]  # fmt: skip


def test_what_was_seen_stays_in_its_line() -> None:
    evil = dataclasses.replace(PLAIN, ae_titles=("A\nB\x1b[2J",), hostnames=("x" * 300 + ".example",), addresses=("10.0.0.1", "10.0.0.2"))
    (line,) = lines(overview([evil]))
    assert line.startswith("  1 CT scanner  10.0.0.1 +1  A B [2J, xxx")
    assert len(line) < 120
    assert line.isprintable()


def test_an_address_is_no_name() -> None:
    assert lines(overview([dataclasses.replace(PLAIN, hostnames=("10.0.0.1", "ct.example"))])) == ["  1 CT scanner  10.0.0.1"]


def test_the_name_that_the_hospital_gave_is_kept() -> None:
    named = Attribute("name", "CT in room 3", STATED, None, 1, None)
    stated = dataclasses.replace(PLAIN, name="CT in room 3", ae_titles=("CT01",), attributes=(named,))
    assert lines(overview([stated])) == ["  1 CT scanner  10.0.0.1  CT in room 3"]
