"""Queries to begin with, asked of a hospital's morning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asepsis.kit.site import Site
from asepsis.lake import library, service
from asepsis.lake.library import Query
from asepsis.lake.service import Bounds, Lake

CAPTURES = Path(__file__).parents[2] / "range" / "captures"
QUIET = {"hl7-messages-refused", "remote-control"}
"""Of these nothing happened that morning."""
FIRST = {
    "bytes-by-service": {"service": "dicom", "connections": 37},
    "dicom-associations-by-calling-ae": {"calling_ae": "WS1", "called_ae": "PACS", "associations": 7, "completed": 7},
    "dicom-associations-that-failed": {"calling_ae": "XA01", "called_ae": "ARCHIVE", "times": 1},
    "dicom-patients-in-clear": {"called_ae": "PACS", "patients": 12},
    "hl7-senders-in-clear": {"sending_application": "PICIX", "messages": 90, "patients": 12},
    "outside-destinations-new": {"id_resp_h": "203.0.113.80", "connections": 3, "who": ["10.20.10.11"], "ports": [443]},
    "outside-big-uploads": {"id_orig_h": "10.20.10.11", "id_resp_h": "203.0.113.80", "connections": 3},
    "passwords-in-clear": {"protocol": "HTTP basic", "id_resp_h": "10.20.10.20", "logins": 3},
    "tls-certificates-that-end": {"certificate_subject": "CN=pumpsrv.hospital.test", "id_resp_p": 443},
    "tls-versions": {"version": "TLSv13", "connections": 6},
    "files-by-machine": {"id_orig_h": "10.20.10.30", "extension": "docx"},
    "names-that-do-not-exist": {"id_orig_h": "10.20.30.102", "questions": 3},
    "doors-that-stay-closed": {"id_orig_h": "10.20.30.2", "addresses": 3},
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    site = Site.open(tmp_path_factory.mktemp("library") / "site", create=True)
    service.ingest(site, [CAPTURES])
    with service.open_lake(site, Bounds(60, "512MB", 1000, 1 << 20)) as lake:
        yield lake


@pytest.mark.parametrize("query", library.shipped(), ids=lambda query: query.id)
def test_each_says_what_it_is_for_and_finds_it(lake: Lake, query: Query) -> None:
    assert query.name
    assert query.about.endswith(".")
    assert not query.who
    rows = lake.ask(query.text).to_pylist()
    assert bool(rows) is (query.id not in QUIET)
    first = rows[0] if rows else {}
    assert {name: first[name] for name in FIRST.get(query.id, {})} == FIRST.get(query.id, {})


def test_there_are_a_dozen_and_ids_and_names_are_their_own() -> None:
    shipped = library.shipped()
    assert len(shipped) >= 12
    assert len({query.id for query in shipped}) == len({query.name for query in shipped}) == len(shipped)
    assert not any(query.id.isdigit() for query in shipped)


def test_rows_are_found_by_their_id_whatever_stream_they_are_of(lake: Lake) -> None:
    ids = [lake.ask(f"select event_id from {stream} limit 1").to_pylist()[0]["event_id"] for stream in ("conn", "hl7", "stats")]
    found = lake.ask(library.of_rows([*ids, "no'such\\row"], list(lake.streams))).to_pylist()
    assert {(row["stream"], row["event_id"]) for row in found} == set(zip(("conn", "hl7", "stats"), ids, strict=True))


def test_streams_are_found_by_name_and_by_what_a_column_says(lake: Lake) -> None:
    assert len(library.found(lake.streams, " ")) == len(lake.streams)
    assert library.found(lake.streams, "dicom_association")[0] == lake.streams["dicom_association"]
    by_column = library.found(lake.streams, "user agent")
    assert "http" in [stream.name for stream in by_column]
    assert all(len(stream.columns) < len(lake.streams[stream.name].columns) for stream in by_column)
    assert library.found(lake.streams, "no such thing anywhere") == []
