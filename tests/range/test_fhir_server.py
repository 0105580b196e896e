"""The FHIR server with its client: what a ward application reads, a bulk export, tokens and TLS."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from datetime import UTC, datetime

import pytest

from .conftest import until

pytest.importorskip("starlette", reason="needs starlette and uvicorn")
pytest.importorskip("uvicorn", reason="needs starlette and uvicorn")
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def server(start, port, tmp_path):
    """`server(*options)` starts one of 30 patients and gives its base."""

    def run(*options: object, scheme: str = "http") -> str:
        at = port()
        start("fhir_server", "--listen", f"127.0.0.1:{at}", "--patients", 30, "--status", tmp_path / "fhir.json", *options)
        return f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{at}/fhir"

    return run


def _client(base: str, **access):
    from clients.fhir import Access, Fhir

    return Fhir(base, Access("ZZ-Ward/1.0", **access))


def test_a_ward_application_reads_a_chart(server, tmp_path) -> None:
    from cast import patients

    person = patients(1, 30)[17]
    with _client(server("--name", "ZZ Record", "--version", "9.1")) as fhir:
        assert fhir.capabilities()["software"] == {"name": "ZZ Record", "version": "9.1"}
        assert [one["id"] for one in fhir.find(person.id)] == [person.id]
        assert fhir.find("ZZ none") == []
        assert fhir.chart(person.id) == {"Encounter": 1, "Observation": 4, "MedicationRequest": 1, "DiagnosticReport": 1}
        pages = list(fhir.pages("Patient", 7))
        assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
        assert len({one["id"] for page in pages for one in page}) == 30
        assert sum(map(len, fhir.pages("Observation", code="http://loinc.org|8867-4"))) == 30
        made = fhir.observe(person, "8867-4", 71, "beats/minute", AT)
        assert fhir.chart(person.id)["Observation"] == 5
        assert made == "zznew1"
    said = until(tmp_path / "fhir.json", lambda s: s.get("searches") == 2 + 8 + 5 + 1)
    assert said["creates"] == 1
    assert said["reads"] == 2


@pytest.mark.parametrize("level", ["", "Patient"])
def test_a_bulk_export_carries_everything_away(server, tmp_path, level) -> None:
    with _client(server()) as fhir:
        files = fhir.export(level)
        assert set(files) == {"Patient", "Encounter", "Observation", "MedicationRequest", "DiagnosticReport"}
        assert set(fhir.export(level, "Patient")) == {"Patient"}
    assert until(tmp_path / "fhir.json", lambda s: s.get("downloads") == 6)["exports"] == 2


def test_without_the_token_only_the_capabilities_are_read(server, tmp_path) -> None:
    from clients.fhir import FhirError

    base = server("--token", "zz-token")
    with _client(base) as stranger, _client(base, token="zz-token") as known:
        assert stranger.capabilities()["fhirVersion"] == "4.0.1"
        with pytest.raises(FhirError, match="401"):
            stranger.export()
        assert len(known.export()) == 5
    assert until(tmp_path / "fhir.json", lambda s: s.get("exports") == 1)["unauthorised"] == 1


def test_tls_with_the_hospitals_authority(server, tmp_path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=localhost"]
    more = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", "req", "-x509", *words, *more], check=True, capture_output=True)
    with _client(server("--cert", cert, "--key", key, scheme="https"), ca=cert, address="127.0.0.1") as fhir:
        assert len(list(fhir.pages("Patient"))) == 1


def test_what_is_no_resource_is_refused_and_the_server_lives(server) -> None:
    base = server()
    with contextlib.closing(http.client.HTTPConnection(base.split("/")[2], timeout=10)) as link:
        _refusals(link)


def _refusals(link: http.client.HTTPConnection) -> None:
    def ask(method: str, path: str, body: bytes = b"") -> int:
        link.request(method, path, body)
        answer = link.getresponse()
        text = json.loads(answer.read())
        assert text["resourceType"] in ("OperationOutcome", "Bundle")
        return answer.status

    assert ask("POST", "/fhir/Observation", b"{") == 400
    assert ask("POST", "/fhir/Observation", b"[" * 100_000) == 400
    assert ask("POST", "/fhir/Observation", b'{"resourceType":"Patient"}') == 422
    assert ask("GET", "/fhir/Nothing") == 404
    assert ask("GET", "/fhir/Patient?_count=many") == 400
    assert ask("GET", "/fhir/$export") == 400
    assert ask("POST", "/fhir", b'{"resourceType":"Bundle","type":"transaction","entry":[1,{"request":2}]}') == 200
    entry = {"request": {"method": "POST", "url": "Observation"}, "resource": {"resourceType": "Observation"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert ask("POST", "/fhir", json.dumps(bundle).encode()) == 200
