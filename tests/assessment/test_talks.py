"""Who talks to whom, from rows to pairs."""

from __future__ import annotations

from typing import Any

import pytest

from asepsis.assessment.talks import OUTSIDE, Openness, Talk, said, talks
from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.plan import Plan
from asepsis.hospital.service import Locator, as_json

BLANK = Asset("", "", "unknown", 0.0, "unknown", "", 1.0)


class Rows:
    """A lake that has already been asked."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        blank = {
            "source_hint": None,
            "target_hint": None,
            "service": None,
            "connections": 1,
            "carries": None,
            "quiet": False,
            "first": 1,
            "last": 1,
        }
        self._rows = [blank | row for row in rows]

    def rows(self, query: str, /) -> list[dict[str, Any]]:
        return self._rows


def asset(name: str, **given: Any) -> Asset:
    return from_json(as_json(BLANK) | {"id": name, "name": name} | given)


MR = asset("MR", addresses=["10.0.0.1"], ae_titles=["MR01"], behind="ADAPTER")
CT = asset("CT", addresses=["10.0.0.1"], ae_titles=["CT01"], behind="ADAPTER")
ADAPTER = asset("ADAPTER", addresses=["10.0.0.1"])
PACS = asset("PACS", addresses=["10.0.0.2"])
HOUSE = Locator([MR, CT, ADAPTER, PACS], Plan())


def found(*rows: dict[str, Any]) -> list[Talk]:
    return talks(said(Rows(*rows).rows(""), HOUSE))


def test_a_pair_is_one_edge_as_open_as_its_most_open_service() -> None:
    pair = {"source": "10.0.0.2", "target": "203.0.113.9"}
    rows = [pair | {"service": "ssl", "connections": 3}, pair | {"service": "hl7"}, pair | {"service": None}]
    assert found(*rows) == [Talk("PACS", OUTSIDE, ("hl7", "ssl"), 5, Openness.CLEAR_CLINICAL, clear=1, encrypted=3)]


@pytest.mark.parametrize(
    ("service", "openness"),
    [
        ("dicom", Openness.CLEAR_CLINICAL),
        ("hl7", Openness.CLEAR_CLINICAL),
        ("ssl", Openness.ENCRYPTED),
        ("ssh", Openness.ENCRYPTED),
        ("http", Openness.OTHER),
        (None, Openness.OTHER),
    ],
)
def test_how_open_a_service_is(service: str | None, openness: Openness) -> None:
    assert [talk.openness for talk in found({"source": "10.0.0.2", "target": "192.0.2.1", "service": service})] == [openness]


@pytest.mark.parametrize("carries", ["fhir", "dicomweb", "hl7", "sdc"])
def test_http_that_carries_patients_data_is_clinical(carries: str) -> None:
    row = {"source": "10.0.0.2", "target": "192.0.2.1", "service": "http", "carries": carries}
    assert found(row) == [Talk("PACS", OUTSIDE, (carries,), 1, Openness.CLEAR_CLINICAL, clear=1)]


@pytest.mark.parametrize("nobody", ["224.0.0.251", "255.255.255.255", "ff02::fb", "169.254.1.1", "fe80::1", "10.0.0.77", "127.0.0.1", "?"])
def test_what_is_said_to_everybody_or_to_an_address_where_nothing_is_goes_nowhere(nobody: str) -> None:
    assert found({"source": "10.0.0.2", "target": nobody, "service": "dns"}) == []


def test_what_stays_inside_one_asset_or_outside_the_hospital_is_no_edge() -> None:
    assert found({"source": "10.0.0.2", "target": "10.0.0.2"}, {"source": "192.0.2.1", "target": "192.0.2.2"}) == []


def test_who_was_turned_away_or_only_asked_said_nothing_of_patients() -> None:
    pair = {"source": "10.0.0.2", "target": "10.0.0.1", "source_hint": None, "target_hint": "MR01", "service": "dicom"}
    (talk,) = found(pair | {"quiet": True, "connections": 4})
    assert (talk.openness, talk.clear, talk.services) == (Openness.OTHER, 0, ("dicom",))
    (talk,) = found(pair | {"quiet": True, "connections": 4}, pair | {"connections": 2})
    assert (talk.openness, talk.clear, talk.connections) == (Openness.CLEAR_CLINICAL, 2, 6)


def test_a_title_tells_two_machines_behind_one_address_apart() -> None:
    rows = [{"source": "10.0.0.1", "target": "10.0.0.2", "source_hint": hint, "service": "dicom"} for hint in ("MR01", "CT01", "WHO", None)]
    assert [(talk.source, talk.connections) for talk in found(*rows)] == [("ADAPTER", 2), ("CT", 1), ("MR", 1)]
