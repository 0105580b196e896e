"""How near devices are that patients depend on, along connections that were seen; and how many patients, in the busiest 24 hours."""

from __future__ import annotations

from typing import Any

import pytest
from tests.checks.replay import EMPTY_ASSET, NOW, RowsLake

from asepsis.findings.look import Look
from asepsis.hospital.asset import from_json
from asepsis.hospital.service import Locator, as_json


def look(rows: dict[str, list[dict[str, Any]]], **classes: str) -> Look:
    """Assets `a1`, `a2`, ... at 10.0.0.1, 10.0.0.2, ... of a class each."""
    told = [
        as_json(EMPTY_ASSET) | {"id": name, "name": name, "addresses": [f"10.0.0.{name[1:]}"], "clinical_class": clinical}
        for name, clinical in classes.items()
    ]
    return Look(RowsLake(rows), Locator(map(from_json, told)), NOW)


def talk(client: int, server: int, **more: Any) -> dict[str, Any]:
    ends = {"id_orig_h": f"10.0.0.{client}", "id_resp_h": f"10.0.0.{server}", "id_resp_p": 80, "proto": "tcp"}
    return ends | {"orig_pkts": 4, "resp_pkts": 4, "resp_bytes": 10} | more


def steps(found: Look, at: int) -> list[tuple[str, int, str]]:
    return [(s.clinical_class.value, s.steps, s.asset) for s in found.steps(found.at(f"10.0.0.{at}"))]


def test_steps_follow_connections_that_were_answered() -> None:
    found = look({"conn": [talk(1, 2), talk(2, 3), talk(4, 3, resp_pkts=0)]}, a1="none", a2="support", a3="life", a4="none")
    assert steps(found, 3) == [("life", 0, "a3")]
    assert steps(found, 2) == [("life", 1, "a3")]
    assert steps(found, 1) == [("life", 2, "a3")]
    assert steps(found, 4) == []


def test_no_further_than_three_steps_and_never_round_in_circles() -> None:
    rows = {"conn": [talk(n, n + 1) for n in range(1, 6)] + [talk(3, 1)]}
    found = look(rows, a1="none", a2="none", a3="none", a4="none", a5="none", a6="monitor")
    assert [steps(found, n) for n in (2, 3)] == [[], [("monitor", 3, "a6")]]


def test_of_several_as_near_the_first_by_id() -> None:
    found = look({"conn": [talk(1, 3), talk(1, 2)]}, a1="none", a2="life", a3="life")
    assert steps(found, 1) == [("life", 1, "a2")]


def test_patients_are_those_of_the_busiest_24_hours() -> None:
    hl7 = [
        {"id_orig_h": "10.0.0.1", "id_resp_h": "10.0.0.2", "is_ack": False, "patient": f"k1:{n % 5}", "ts": f"{24 * (n // 5):02}:00"}
        for n in range(15)
    ]
    hl7.append(hl7[0] | {"patient": "k1:another"})
    found = look({"hl7": hl7}, a1="support", a2="support")
    assert found.patients(found.at("10.0.0.1")) == 6


@pytest.mark.parametrize(
    ("hours", "patients"),
    [
        # Around midnight UTC, which is noon elsewhere; a day from its first quarter on; two days that do not touch.
        ([23, 24], 2),
        ([0, 7, 13, 23], 4),
        ([18, 24, 30, 36, 42], 4),
        ([6, 54], 1),
    ],
)
def test_a_day_begins_with_any_quarter(hours: list[int], patients: int) -> None:
    ends = {"id_orig_h": "10.0.0.1", "id_resp_h": "10.0.0.2", "is_ack": False}
    found = look({"hl7": [ends | {"patient": f"k1:{hour}", "ts": f"{hour:02}:30"} for hour in hours]}, a1="support", a2="support")
    assert found.patients(found.at("10.0.0.1")) == patients


def test_patients_of_fhir_are_those_that_answers_carry_by_number_or_by_reference() -> None:
    ends = {"id_orig_h": "10.0.0.1", "id_resp_h": "10.0.0.2", "interaction": "search"}
    fhir = [
        ends | {"status_code": 200, "patient": "k1:asked", "patients": ["k1:n1"]},
        ends | {"status_code": 200, "patient_refs": ["k1:p1", "k1:p2", "k1:p3"]},
        ends | {"status_code": 404, "patient": "k1:asked too", "patient_refs": ["k1:nobody"]},
        ends | {"interaction": "create", "status_code": 500, "patient_refs": ["k1:p4"]},
    ]
    found = look({"fhir": fhir}, a1="support", a2="support")
    assert [found.patients(found.at(f"10.0.0.{n}")) for n in (1, 2)] == [4, 4]
