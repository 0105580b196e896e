"""Whose records: every column that may hold a pseudonym is asked, under every key, and nothing of it stays."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pyarrow.parquet as pq
import pytest
from tests.stored import stored

from asepsis.cli.main import main
from asepsis.hospital import asked, service, whose
from asepsis.journal import service as journal
from asepsis.kit import keys
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake.service import Column, Stream, ingest, open_lake, streams

GOLDEN = Path(__file__).parents[1] / "golden"
MORNING = GOLDEN.parents[1] / "range" / "captures" / "morning.pcap.gz"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
PSEUDONYM = re.compile(r"(?<![\w:])k1:[a-z2-7]{26}(?!\w)")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that has read the morning and every golden capture, and has a store."""
    site = Site.open(tmp_path_factory.mktemp("whose") / "site", create=True)
    ingest(site, [GOLDEN, MORNING], apart=True)
    with open_lake(site) as lake:
        service.take_inventory(site, lake)
    return site


@pytest.fixture
def known() -> str:
    """An invented patient of the morning, of whom DICOM, HL7 and FHIR tell."""
    return "ZZ140891"


def test_every_column_with_a_pseudonym_is_asked(hospital: Site) -> None:
    asked_for = {(stream, column) for stream, column, _ in whose.columns(streams().values())}
    holding = set()
    for path in hospital.lake.glob("*/day=*/*.parquet"):
        for row in pq.read_table(path).to_pylist():
            holding |= {(path.parts[-3], name) for name, value in row.items() if PSEUDONYM.search(repr(value))}
    assert len(holding) >= 15
    assert holding - asked_for == set(), "its comment in the core must say that it may be a pseudonym"
    for stream in ("dicom_message", "hl7", "fhir", "astm", "poct1", "dicomweb", "sdc"):
        assert (stream, "patient") in asked_for
    for stream, column in (("hl7", "patients"), ("fhir", "patient_refs"), ("astm", "specimens"), ("dicom_message", "study")):
        assert (stream, column) in asked_for


def test_one_id_is_found_in_every_stream_that_tells_of_it(hospital: Site, known: str) -> None:
    found, absent = service.match_patients(hospital, [known, "MRN999999"])
    assert {touched.stream for touched in found.touched} >= {"dicom_message", "hl7"}
    assert len(found.pseudonyms) == 1
    assert (absent.pseudonyms, absent.touched) == ((), ())
    with open_lake(hospital) as lake:
        for touched in found.touched:
            if touched.column == "patient":
                rows = lake.sql(
                    f"SELECT ts FROM {touched.stream} WHERE patient = ? AND id_orig_h = ? AND id_resp_h = ?",
                    [touched.pseudonym, touched.client, touched.server],
                ).to_pylist()
                times = [row["ts"] for row in rows]
                assert (touched.rows, touched.first, touched.last) == (len(rows), min(times), max(times))
    assert any(touched.server_name for touched in found.touched)


@pytest.mark.parametrize("spelled", ["  {}\t", "{lower}", "{}^^^HOSPITAL&1.2.3&ISO^MR", "urn:oid:1.2.3|{}", "Patient/{}", "\uff3a{rest}"])
def test_an_id_is_taken_as_the_core_takes_it(hospital: Site, known: str, spelled: str) -> None:
    text = spelled.format(known, lower=known.lower(), rest=known[1:])
    (found,) = service.match_patients(hospital, asked.read(io.BytesIO(text.encode()), "test"))
    assert len(found.pseudonyms) == 1


def test_every_key_that_is_kept_is_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = Site.open(tmp_path / "site", create=True)
    captures = sorted((GOLDEN / "hl7").glob("*.pcap"))
    ids = [f"ZZ{n:06}" for n in range(100_000, 100_050)]

    def prefixes() -> set[str]:
        matches = service.match_patients(Site.open(site.path), ids)
        return {pseudonym[:3] for match in matches for pseudonym in match.pseudonyms}

    ingest(site, captures[::2], apart=True)
    assert prefixes() == {"k1:"}
    service.rotate_key(site)
    assert prefixes() == {"k1:"}
    ingest(site, captures[1::2], apart=True)
    assert prefixes() == {"k1:", "k2:"}
    service.rotate_key(site, shred=True)
    assert prefixes() == set()
    (tmp_path / "ids").write_text(ids[0])
    assert main(["patients", "match", str(tmp_path / "ids"), "--site", str(site.path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == [{"id": ids[0], "pseudonyms": [], "touched": []}]
    assert err == "asepsis: rows under k1, k2 cannot be matched: the key is gone\n"


def _written(site: Site) -> Iterator[tuple[str, bytes]]:
    for path in site.path.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
    yield "store", "\n".join(stored(site)).encode()


def test_nothing_of_it_is_written(hospital: Site, known: str, tmp_path: Path) -> None:
    planted = ["ZZTEST-4711-0815", "ZZTEST-NOBODY", known]
    before = {path: content for path, content in _written(hospital) if "/lake/" in path}
    words = [sys.executable, "-m", "asepsis", "patients", "match", "-", "--site", str(hospital.path)]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {"PYTHONPATH": "src", "TMPDIR": str(temporary), "HOME": str(temporary)}
    done = subprocess.run(words, input="\n".join(planted).encode(), capture_output=True, check=True, timeout=60, env=environment)
    assert all(id.encode() in done.stdout for id in planted)
    assert done.stderr == b""
    assert list(temporary.iterdir()) == []
    after = dict(_written(hospital))
    assert [(path, id) for path, content in after.items() for id in planted if id.lower().encode() in content.lower()] == []
    assert {path: content for path, content in after.items() if "/lake/" in path} == before
    (pseudonym,) = service.match_patients(hospital, [known])[0].pseudonyms
    # Rows have it, and nothing else does.
    assert [path for path, content in _written(hospital) if pseudonym.encode() in content and "/lake/" not in path] == []
    entry = list(journal.entries(hospital))[-2]
    assert (entry.act, entry.subject, entry.detail) == ("patients.match", "patients", {"ids": 3})


def test_ten_thousand_ids_are_one_question(hospital: Site) -> None:
    began = time.monotonic()
    found = service.match_patients(hospital, [f"ZZ{n:06}" for n in range(140_000, 150_000)])
    assert time.monotonic() - began < 10
    assert len(found) == 10_000
    assert sum(bool(match.touched) for match in found) > 0


class _Handed:
    """A lake in which one address was held by two machines in turn."""

    streams: ClassVar[dict[str, Stream]] = {"hl7": Stream("hl7", "", (Column("patient", "text", "Pseudonym."),))}

    def append(self, name: str, rows: Any) -> None:
        self.asked = rows

    def rows(self, query: str) -> list[dict[str, Any]]:
        shared = {"nth": 0, "pseudonym": "k1:x", "server": "10.0.0.9", "last": NOON, "rows": 1}
        return [shared | {"client": f"10.0.0.5@{mac}", "first": NOON + timedelta(hours=n)} for n, mac in enumerate(("aa", "bb"))]


def test_who_held_an_address_then_is_named(site: Site) -> None:
    key = keys.current(site.path)
    (found,) = whose.match(_Handed(), [key], ["MRN1"], {"10.0.0.5@aa": "CT 1", "10.0.0.5@bb": "Laptop 7", "10.0.0.9": "PACS"}.__getitem__)
    named = [(touched.client, touched.client_name, touched.server_name) for touched in found.touched]
    assert named == [("10.0.0.5", "CT 1", "PACS"), ("10.0.0.5", "Laptop 7", "PACS")]


def test_ids_are_read_once_each_in_order() -> None:
    text = "\ufeffMRN2\r\n\r\n  MRN1 \nMRN2\n\u0422\u0410-17\nMRN3\0"
    assert asked.read(io.BytesIO(text.encode()), "x") == ["MRN2", "MRN1", "\u0422\u0410-17", "MRN3"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no id: x: write"),
        (b"\n \n\r\n", "no id: x: write"),
        (b"MRN1\nM\xdcLLER\n", "no text in UTF-8: x, line 2"),
        (b"MRN1\n" + b"SECRET" * 50, "longer than an id of 256 characters: x, line 2"),
        (b"SECRET" * 1_000_000, "longer than an id of 256 characters: x, line 1"),
        (b"".join(b"SECRET%d\n" % n for n in range(asked.IDS + 1)), "more than 100,000 ids: x: ask in parts"),
    ],
)
def test_what_is_no_id_is_one_line_that_quotes_none(content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        asked.read(io.BytesIO(content), "x")
    assert "SECRET" not in str(caught.value)
    assert "LLER" not in str(caught.value)


def test_the_command_asks_for_a_site_and_a_file(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["patients", "match", str(tmp_path / "none"), "--site", str(site.path)]) == 3
    assert capsys.readouterr().err.startswith("asepsis: No such file")
    assert main(["patients", "match", "-", "--site", str(tmp_path / "none")]) == 3
    assert "no site here" in capsys.readouterr().err
    (tmp_path / "ids").write_text("MRN1\n")
    assert main(["patients", "match", str(tmp_path / "ids"), "--site", str(site.path)]) == 0
    out = capsys.readouterr().out
    assert "MRN1" in out
    assert "0 of 1 ids have rows" in out
    assert not site.store.exists(), "a question makes no store"
    (site.journal / "head.json").write_text("{}")
    assert main(["patients", "match", str(tmp_path / "ids"), "--site", str(site.path)]) == 4
    assert capsys.readouterr().out == ""
