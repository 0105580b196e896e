"""Rows that a finding cites are found again, whosever they are now."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import ErrorLevel
from tests.checks.replay import EMPTY_ASSET, NOW, RowsLake

from asepsis.assessment.service import all_checks
from asepsis.findings.service import Look, Proposal, Traced, examine
from asepsis.findings.service import trace as trace_with
from asepsis.hospital.asset import from_json
from asepsis.hospital.service import Locator, as_json


def hl7(orig: str, resp: str, **more: Any) -> dict[str, Any]:
    return {"id_orig_h": orig, "id_resp_h": resp, "id_resp_p": 2575, "message_type": "ADT", "is_ack": False, **more}


def site(**addresses: str) -> Locator:
    told = (as_json(EMPTY_ASSET) | {"id": name, "addresses": [address]} for name, address in addresses.items())
    return Locator(map(from_json, told))


LAKE = RowsLake({"hl7": [hl7("10.0.0.1", "10.0.0.9"), hl7("10.0.0.2", "10.0.0.9"), hl7("10.0.0.1", "10.0.0.9")]})


def proposed(locator: Locator) -> dict[str, Proposal]:
    return {proposal.subject: proposal for seen in examine(all_checks(), Look(LAKE, locator, NOW), ()) for proposal in seen.proposals}


def trace(lake: RowsLake, locator: Locator, rows: dict[str, frozenset[str]]) -> Traced:
    return trace_with(all_checks(), lake, locator, NOW, rows)


def test_a_row_tells_for_whom_it_counts_now() -> None:
    before = proposed(site(one="10.0.0.1", nine="10.0.0.9"))
    rows = {"hl7-in-clear": frozenset(before["one>nine"].events)}
    found = trace(LAKE, site(new="10.0.0.1", nine="10.0.0.9"), rows)
    after = proposed(site(new="10.0.0.1", nine="10.0.0.9"))
    assert found.present == {("hl7-in-clear", "hl7-0"), ("hl7-in-clear", "hl7-2")}
    assert found.holders == {("hl7-in-clear", event): {after["new>nine"].id} for event in ("hl7-0", "hl7-2")}


def test_a_row_between_first_and_last_is_found_too_and_one_that_is_gone_is_not() -> None:
    lake = RowsLake({"hl7": [hl7("10.0.0.1", "10.0.0.9") for _ in range(9)]})
    found = trace(lake, site(one="10.0.0.1"), {"hl7-in-clear": frozenset({"hl7-4", "it's gone"})})
    assert found.present == {("hl7-in-clear", "hl7-4")}
    assert set(found.holders) == {("hl7-in-clear", "hl7-4")}


def test_only_the_checks_asked_for_run_and_their_queries_can_be_said_to_spark() -> None:
    lake = RowsLake({"hl7": [hl7("10.0.0.1", "10.0.0.9")]})
    trace(lake, site(), {"hl7-in-clear": frozenset({"hl7-0"})})
    assert not any("dicom_message where" in query for query in lake.queries)
    for query in lake.queries:
        assert sqlglot.transpile(query, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)
