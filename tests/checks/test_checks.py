from __future__ import annotations

import re
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import ErrorLevel

from asepsis.assessment.service import all_checks
from asepsis.findings.decision import judge
from asepsis.findings.finding import Proposal
from asepsis.findings.harm import HarmKind, impact_of
from asepsis.findings.service import Check, Examined, Look, examine
from asepsis.hospital.service import Locator
from asepsis.lake.service import streams

from .replay import NOW, SOURCE, Case, RowsLake, cases

CASES = list(cases())
JARGON = re.compile(r"\b(TLS|DICOM|HL7|FHIR|SMB|AE|MLLP|CVE|HTTP|port|protocol|association|plaintext)\b", re.IGNORECASE)

EVERY = {check.id for check in all_checks()}


def check_of(case: Case) -> Check:
    check: Check = import_module(f"asepsis.{case.room}.checks.{case.check}").CHECK
    return check


def seen(lake: RowsLake, locator: Locator, known: Collection[str]) -> Examined:
    """What all checks saw together."""
    each = list(examine(all_checks(), Look(lake, locator, NOW), known))
    return Examined("all", [p for found in each for p in found.proposals], [c for found in each for c in found.cleared])


def told(proposal: Proposal) -> dict[str, Any]:
    return {
        "subject": proposal.subject,
        "discriminator": proposal.discriminator,
        "title": proposal.title,
        "why": proposal.why,
        "do": proposal.action.title,
        "steps": list(proposal.action.steps),
        "harms": {kind: [harm.level, harm.why] for kind, harm in proposal.harms.items()},
        "patients": proposal.patients,
        "zone": proposal.zone,
        "asset_kind": proposal.asset_kind,
        "exposure": proposal.points.exposure,
        "exploitation": proposal.points.exploitation,
        "automatable": proposal.points.automatable,
        "human_impact": impact_of(proposal.harms),
        "decision": judge(proposal)[0],
        "reach": [[step.clinical_class, step.steps, step.name] for step in proposal.reach],
    }


def by_name(proposal: Proposal) -> tuple[str, str]:
    return proposal.subject, proposal.discriminator


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.says[:50]}")
def test_rows_fire_exactly_what_they_should(case: Case, tmp_path: Path) -> None:
    check, look = check_of(case), Look(RowsLake(case.rows), case.locator(tmp_path), NOW)
    proposals = sorted(check.run(look), key=by_name)
    found = [{name: told(proposal)[name] for name in expected} for proposal, expected in zip(proposals, case.expect, strict=True)]
    assert found == case.expect
    assert [cleared.subject for cleared in check.clears(look)] == case.cleared
    excused = check.excuses(look)
    assert sorted(excuse.why for excuse in excused) == sorted(case.excused)
    events = {f"{stream}-{n}" for stream, rows in case.rows.items() for n in range(len(rows))}
    for proposal in proposals:
        assert proposal.events
        assert set(proposal.events) <= events
        assert proposal.first_seen <= proposal.last_seen < NOW
        assert not {event for excuse in excused for event in excuse.events}.intersection(proposal.events)


@pytest.mark.parametrize("case", [case for case in CASES if case.fires], ids=lambda case: f"{case.check}: {case.says[:50]}")
def test_what_is_proposed_can_be_understood_and_acted_on(case: Case, tmp_path: Path) -> None:
    for proposal in check_of(case).run(Look(RowsLake(case.rows), case.locator(tmp_path), NOW)):
        assert set(proposal.harms) == set(HarmKind)
        assert not JARGON.search(proposal.title), proposal.title
        assert not JARGON.search(proposal.fault), proposal.fault
        assert proposal.action.steps
        assert proposal.why.endswith(".")


@pytest.mark.parametrize("case", [case for case in CASES if not case.fires], ids=lambda case: f"{case.check}: {case.says[:50]}")
def test_rows_that_fire_nothing_fire_no_other_check_by_surprise(case: Case, tmp_path: Path) -> None:
    found = seen(RowsLake(case.rows), case.locator(tmp_path), EVERY)
    assert {proposal.check for proposal in found.proposals} <= {check.id for check in all_checks()} - {check_of(case).id}


def test_every_check_is_listed_and_has_both_sorts_of_rows() -> None:
    files = {path.stem for path in SOURCE.glob("*/checks/*.py")} - {"__init__"}
    listed = {check.run.__module__.rpartition(".")[2] for check in all_checks()}
    assert files == listed == {case.check for case in CASES if case.fires} == {case.check for case in CASES if not case.fires}
    assert len({check.id for check in all_checks()}) == len(all_checks())
    for check in all_checks():
        assert check.references
        assert check.harms
        assert check.looks_for.endswith(".")
        assert check.cannot_see.endswith(".")
        assert set(check.streams) <= streams().keys()
        assert any(re.search(r"HICP|800-66|CSF", reference) for reference in check.references), check.id


def test_a_lake_without_rows_gives_nothing(tmp_path: Path) -> None:
    found = seen(RowsLake({}), CASES[0].locator(tmp_path), EVERY)
    assert (found.proposals, found.cleared) == ([], [])


class Counting(RowsLake):
    """Knows what it was asked."""

    def rows(self, query: str) -> list[dict[str, Any]]:
        self.__dict__.setdefault("asked", []).append(query)
        return super().rows(query)


def test_what_mended_a_fault_is_asked_only_where_there_is_or_was_one(tmp_path: Path) -> None:
    for case in (case for case in CASES if case.cleared):
        locator = case.locator(tmp_path)
        cleared = [evidence.subject for evidence in seen(RowsLake(case.rows), locator, {check_of(case).id}).cleared]
        assert set(case.cleared) <= set(cleared)
    few, all_of_them = Counting({}), Counting({})
    seen(few, CASES[0].locator(tmp_path), set())
    seen(all_of_them, CASES[0].locator(tmp_path), EVERY)
    asked = [lake.__dict__["asked"] for lake in (few, all_of_them)]
    assert set(asked[0]) < set(asked[1])
    assert [len(queries) for queries in asked] == [len(set(queries)) for queries in asked]


def test_the_same_rows_in_another_order_give_the_same(tmp_path: Path) -> None:
    for case in filter(lambda case: case.fires, CASES):
        locator = case.locator(tmp_path)
        stamped = {s: [{"event_id": f"{s}-{n}", "ts": f"07:{n:02}"} | row for n, row in enumerate(rows)] for s, rows in case.rows.items()}
        turned = {stream: rows[::-1] for stream, rows in stamped.items()}
        there, back = (check_of(case).run(Look(RowsLake(rows), locator, NOW)) for rows in (stamped, turned))
        assert sorted(there, key=by_name) == sorted(back, key=by_name)


def test_every_query_can_be_said_to_spark(tmp_path: Path) -> None:
    for case in {case.check: case for case in CASES if case.fires}.values():
        lake = RowsLake(case.rows)
        look = Look(lake, case.locator(tmp_path), NOW)
        check_of(case).run(look)
        check_of(case).clears(look)
        for query in lake.queries:
            assert sqlglot.transpile(query, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"level": "system"}, "It began an export of all that it holds for the device at 10.10.0.77."),
        ({"level": "system", "search_params": ["_type"]}, "It began an export in bulk, of the sorts of records that were asked for, for"),
        ({"level": "instance", "resource_type": "Group"}, "It began an export in bulk, of the sorts of records that were asked for, for"),
    ],
)
def test_an_export_is_of_everything_only_if_nothing_narrows_it(asked: dict[str, Any], says: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.check == "fhir_without_authorization")
    row = {"id_orig_h": "10.10.0.77", "id_resp_h": "10.10.0.20", "id_resp_p": 80, "operation": "$export", "status_code": 202}
    (found,) = check_of(case).run(Look(RowsLake({"fhir": [row | asked]}), case.locator(tmp_path), NOW))
    assert says in found.why
