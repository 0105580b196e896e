from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from asepsis.findings import life
from asepsis.findings.finding import Finding, Kind, Proposal, State
from asepsis.findings.harm import HarmKind
from asepsis.findings.review import JUDGED_ANEW, Run, Traced, lost, review

from .making import T0, at, proposal


def run(*proposals: Proposal, **traced: Any) -> Run:
    return Run(proposals, (), Traced(**traced), at(5))


def there(*rows: str) -> frozenset[tuple[str, str]]:
    return frozenset(("dicom-in-clear", row) for row in rows)


def traced_to(*targets: Proposal, rows: tuple[str, ...] = ("e1",)) -> dict[str, Any]:
    return {
        "present": there(*rows),
        "holders": {("dicom-in-clear", row): frozenset(target.id for target in targets) for row in rows},
    }


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.seen.subject: finding for finding in findings}


OLD, NEW, OTHER = proposal(subject="address>A2"), proposal(subject="mac>A2"), proposal(subject="other>A2")


def accepted(finding: Finding) -> Finding:
    return life.accepted(finding, "os:eve", "new scanner in May", date(2026, 5, 1), T0)


def test_a_finding_goes_with_its_rows_and_keeps_its_id_acceptance_and_history() -> None:
    known = accepted(life.opened(OLD))
    (after,) = review([known], run(NEW, **traced_to(NEW)))
    assert (after.id, after.seen.subject, after.state, after.acceptance) == (known.id, "mac>A2", State.ACCEPTED, known.acceptance)
    assert [turn.what for turn in after.history] == ["opened", "accepted", "carried"]
    assert after.history[-1].why == "attributed to mac>A2 now, before to address>A2"
    assert review([after], run(NEW)) == [after]


def test_rows_that_count_for_several_now_hand_the_finding_over_and_no_acceptance_is_spread() -> None:
    known = accepted(life.opened(OLD))
    after = by_subject(review([known], run(NEW, OTHER, **traced_to(NEW, OTHER))))
    assert (after["address>A2"].state, after["address>A2"].history[-1].why) == (State.CLOSED, "attributed to mac>A2, other>A2 now")
    assert [after[s].state for s in ("mac>A2", "other>A2")] == [State.OPEN, State.OPEN]


def test_two_that_turn_out_to_be_one_stay_one_and_what_calls_for_work_leads() -> None:
    here, there = accepted(life.opened(OLD)), life.opened(OTHER)
    after = review([here, there], run(NEW, **traced_to(NEW)))
    assert {finding.id: finding.state for finding in after} == {here.id: State.CLOSED, there.id: State.OPEN}
    holding = review([life.opened(NEW), here], run(NEW, **traced_to(NEW)))
    assert by_subject(holding)["mac>A2"].state is State.OPEN
    assert by_subject(holding)["address>A2"].state is State.CLOSED


def test_of_one_row_that_shows_several_faults_the_same_fault_is_taken() -> None:
    expired, short = (proposal(subject="address", discriminator=name) for name in ("443 expired", "443 short-key"))
    now = [proposal(subject="mac", discriminator=name) for name in ("443 expired", "443 short-key")]
    after = review([life.opened(expired), life.opened(short)], run(*now, **traced_to(*now)))
    assert {(f.id, f.seen.subject, f.seen.discriminator) for f in after} == {
        (expired.id, "mac", "443 expired"),
        (short.id, "mac", "443 short-key"),
    }


def test_rows_that_are_there_and_speak_for_nothing_any_more_close_it_with_the_reason() -> None:
    excuse = {("dicom-in-clear", "e1"): "the hospital names 203.0.113.80 as its partner vendor"}
    (aside,) = review([life.opened(OLD)], run(present=there("e1"), excuses=excuse))
    assert (aside.state, aside.history[-1].why) == (State.CLOSED, "the hospital names 203.0.113.80 as its partner vendor")
    assert lost([aside], []) == []
    (anew,) = review([life.opened(OLD)], run(present=there("e1")))
    assert anew.history[-1].why == JUDGED_ANEW


def test_rows_that_are_gone_say_nothing_and_silence_never_closes() -> None:
    known = life.opened(OLD)
    assert review([known], run(present=there())) == [known]
    several = life.opened(proposal(subject="x", events=("e1", "e2")))
    assert review([several], run(present=there("e1"))) == [several]
    assert review([life.opened(proposal(events=()))], run())[0].state is State.OPEN


def test_what_is_older_than_the_lake_is_not_taken_back_unless_a_statement_excuses_it() -> None:
    """The rows that it cites are kept; those that told whose they are may be gone."""
    known, forgot = life.opened(OLD), at(1)
    judged = replace(run(present=there("e1")), whole_since=forgot)
    assert review([known], judged) == [known]
    excuse = {("dicom-in-clear", "e1"): "the hospital names 203.0.113.80 as its partner vendor"}
    (aside,) = review([known], replace(judged, traced=Traced(there("e1"), excuses=excuse)))
    assert aside.state is State.CLOSED
    (aside,) = review([known], replace(judged, whole_since=T0))
    assert aside.state is State.CLOSED, "nothing of its time has expired"


def test_what_expired_lessens_no_fault() -> None:
    known = life.opened(proposal(patients=12))
    left = proposal(patients=2, first_seen=at(3), last_seen=at(4))
    (after,) = review([known], replace(run(left), whole_since=at(2)))
    assert (after.seen.patients, after.seen.first_seen, after.seen.last_seen) == (12, known.seen.first_seen, at(4))
    graver = life.opened(proposal(levels={HarmKind.SAFETY: 4}, title="Anyone can change what the device does"))
    (after,) = review([graver], replace(run(left), whole_since=at(2)))
    assert (after.seen.title, after.decision, after.seen.last_seen) == (graver.seen.title, graver.decision, at(4))
    (after,) = review([known], run(left))
    assert (after.seen.patients, after.seen.first_seen) == (2, at(3))


def test_rows_of_another_check_say_nothing() -> None:
    other = life.opened(proposal(check="weak-tls"))
    assert review([other], run(present=there("e1"))) == [other]


def test_alerts_are_not_looked_for_again() -> None:
    alert = life.opened(proposal(kind=Kind.ALERT))
    assert lost([alert], []) == []


def test_a_fault_that_opens_where_a_carried_one_began_has_an_id_of_its_own() -> None:
    (carried,) = review([life.opened(OLD)], run(NEW, **traced_to(NEW)))
    after = by_subject(review([carried], run(NEW, OLD)))
    assert after["mac>A2"].id == OLD.id
    assert after["address>A2"].id != OLD.id
    again = by_subject(review(list(after.values()), run(NEW, OLD)))
    assert again == after


def test_what_grew_old_before_it_was_opened_is_not_stale_in_that_run_nor_when_it_is_run_again() -> None:
    week_six = Run((proposal(),), (), Traced(), at(24 * 40))
    first = review([], week_six)
    assert [finding.state for finding in first] == [State.OPEN]
    assert review(first, week_six) == first
