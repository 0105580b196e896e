"""Rule 1: nothing of a patient, and no secret, in anything that asepsis writes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from asepsis.assessment.service import month_of, week_of
from asepsis.kit.site import Site
from tests.stored import stored

from . import planted


@pytest.fixture(scope="module")
def assessed(planted_folder: Path) -> tuple[Path, dict[str, bytes]]:
    """The folder, and everything that was written or printed about the planted conversations, decoded, by name."""
    folder = planted_folder
    site, report = folder / "site", folder / "report.html"
    said: dict[str, bytes] = {}
    for name, command in {
        "assess": ["assess", str(folder / "planted.pcap"), "--report", str(report), "--json"],
        "text": ["assess", str(folder / "planted.pcap")],
        "worklist": ["worklist"],
        "findings": ["findings", "list", "--json"],
        "assets": ["assets", "list", "--json"],
        "journal": ["journal", "list", "--json"],
        "refused": ["assess", str(folder / f"{planted.FILES[0]}.pcap")],
    }.items():
        got = subprocess.run(
            [sys.executable, "-m", "asepsis", *command, "--site", str(site)], check=False, capture_output=True, timeout=120
        )
        assert got.returncode == (3 if name == "refused" else 0), got.stderr
        said[f"output of {name}"] = got.stdout if name == "refused" else got.stdout + got.stderr
    said["report"] = report.read_bytes()
    today = datetime.now(UTC).date()
    for kind, period in (("weekly", week_of(today)), ("monthly", month_of(today))):
        command = [sys.executable, "-m", "asepsis", "report", kind, period.name, "--site", str(site)]
        printed = folder / f"{kind}.pdf"
        subprocess.run([*command, "--out", str(printed)], check=True, timeout=120)
        said[f"{kind} report"] = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
        said[f"{kind} report on paper"] = "".join(page.extract_text() for page in PdfReader(printed).pages).encode()
    for path in sorted(p for p in site.rglob("*") if p.is_file()):
        name = str(path.relative_to(site))
        said[name] = name.encode() + path.read_bytes()
        if path.suffix == ".parquet":
            said[f"{name} decoded"] = repr(pq.read_table(path).to_pylist()).encode()
    said["store decoded"] = "\n".join(stored(Site.open(site))).encode()
    return folder, said


def test_fifty_values_are_planted_and_on_the_wire(assessed: tuple[Path, dict[str, bytes]]) -> None:
    wire = (assessed[0] / "planted.pcap").read_bytes()
    absent = [value for value in planted.ALL if not any(needle in wire for needle in planted.needles(value))]
    assert len(planted.ALL) >= 50
    assert absent == [], "a value that was never sent proves nothing"


def test_nothing_of_it_is_written_or_printed(assessed: tuple[Path, dict[str, bytes]]) -> None:
    found = {
        (place, value)
        for place, content in assessed[1].items()
        for value in planted.ALL
        if any(needle in content for needle in planted.needles(value))
    }
    assert found == set()


def test_no_answer_of_ntlm_is_written(assessed: tuple[Path, dict[str, bytes]]) -> None:
    """Passwords can be found from answers and their challenges, so neither is kept, nor a hash of them."""
    answers = {answer for answer in planted.ntlm_answers((assessed[0] / "planted.pcap").read_bytes()) if len(answer) >= 16}
    assert len(answers) >= 4
    found = {
        (place, answer.hex())
        for place, content in assessed[1].items()
        for answer in answers
        for form in (answer[:16], answer[:16].hex().encode(), base64.b64encode(answer[:15]))
        if form in content
    }
    assert found == set()


def test_the_search_finds_what_is_kept(assessed: tuple[Path, dict[str, bytes]]) -> None:
    places = [place for place, content in assessed[1].items() if any(needle in content for needle in planted.needles("SOMATOM Force"))]
    assert {"output of assess", "report", "store decoded"} <= set(places)
    assert any(place.startswith("lake/dicom_message/") and place.endswith("decoded") for place in places)


def test_the_reports_tell_of_what_was_planted(assessed: tuple[Path, dict[str, bytes]]) -> None:
    for name in ("weekly report", "weekly report on paper", "monthly report", "monthly report on paper"):
        assert b"patients" in assessed[1][name]


def test_the_protocols_were_understood(assessed: tuple[Path, dict[str, bytes]]) -> None:
    streams = json.loads(assessed[1]["output of assess"].partition(b"\n}\n")[0] + b"\n}")["streams"]
    spoken = ("dicom_message", "hl7", "fhir", "http", "smb_files", "smb_mapping", "ntlm", "rdp", "rfb", "snmp")
    spoken += ("ftp", "smtp", "login", "ldap", "conn")
    absent = [stream for stream in spoken if not streams.get(stream)]
    assert absent == [], "what was not parsed could not leak"


def test_one_patient_has_one_pseudonym_everywhere(assessed: tuple[Path, dict[str, bytes]]) -> None:
    query = (
        "SELECT DISTINCT d.patient FROM dicom_message d JOIN hl7 h ON h.patient = d.patient "
        "JOIN fhir f ON f.patient = d.patient WHERE d.command = 'C-STORE-RQ'"
    )
    command = [sys.executable, "-m", "asepsis", "lake", "sql", query, "--site", str(assessed[0] / "site"), "--json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert len(rows) == 1
    assert rows[0]["patient"].startswith("k1:")


def test_who_asks_whose_records_leaves_nothing_behind(assessed: tuple[Path, dict[str, bytes]]) -> None:
    site = assessed[0] / "site"
    asked = "\n".join([*planted.MRNS, *planted.ACCESSIONS, "ZZ-NOBODY"]).encode()
    command = [sys.executable, "-m", "asepsis", "patients", "match", "-", "--site", str(site), "--json"]
    done = subprocess.run(command, input=asked, check=True, capture_output=True, timeout=60)
    answer = {match["id"]: match["touched"] for match in json.loads(done.stdout)}
    assert {touched["stream"] for touched in answer[planted.SHARED_MRN]} >= {"dicom_message", "hl7", "fhir"}
    assert answer[planted.ACCESSIONS[0]], "accessions are asked for, too"
    assert answer["ZZ-NOBODY"] == []
    found = {
        (str(path.relative_to(site)), value)
        for path in site.rglob("*")
        if path.is_file()
        for value in [*planted.ALL, "ZZ-NOBODY"]
        if any(needle in path.read_bytes() for needle in planted.needles(value))
    }
    assert found == set()


def test_the_site_key_is_for_its_owner_only(assessed: tuple[Path, dict[str, bytes]]) -> None:
    for name in ("key", "seal"):
        key = assessed[0] / "site" / name
        assert key.stat().st_mode & 0o777 == 0o600
        secret = key.read_text().strip()
        raw = bytes.fromhex(secret)
        places = [place for place, content in assessed[1].items() if place != name and (secret.encode() in content or raw in content)]
        assert places == []
