from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.findings import life
from asepsis.findings.finding import EVENTS_MAX, Cleared, Finding, Kind, Points, State, identity
from asepsis.findings.harm import HarmKind
from asepsis.findings.ssvc import Automatable, Exploitation, Exposure
from asepsis.kit.errors import WrongUse

from .making import T0, at, proposal


def cleared(hours: float) -> Cleared:
    return Cleared("dicom-in-clear", "A1>A2", at(hours), "seen encrypted")


def turns(finding: Finding) -> list[str]:
    return [change.what for change in finding.history]


def test_identity_is_check_subject_and_discriminator_and_nothing_else() -> None:
    assert proposal().id == proposal(title="other", patients=9, last_seen=at(5)).id == cleared(2).id
    assert len({identity("a", "bc"), identity("ab", "c"), identity("a", "b", "c"), identity("a", "bc", " ")}) == 4


def test_what_a_check_says_now_takes_the_place_of_what_it_said() -> None:
    finding = life.seen_again(life.opened(proposal()), proposal(first_seen=at(-1), last_seen=at(0.5), patients=1, events=("e2",)))
    assert (finding.seen.first_seen, finding.seen.last_seen, finding.seen.patients) == (at(-1), at(0.5), 1)
    assert finding.seen.events == ("e2",)
    assert turns(finding) == ["opened"]


def test_what_alerts_say_adds_up_and_the_newer_says_what() -> None:
    finding = life.opened(proposal(kind=Kind.ALERT))
    older = life.seen_again(finding, proposal(kind=Kind.ALERT, first_seen=at(-9), last_seen=at(-8), title="old", events=("e2",)))
    assert (older.seen.first_seen, older.seen.last_seen, older.seen.title) == (at(-9), at(1), proposal().title)
    newer = life.seen_again(older, proposal(kind=Kind.ALERT, first_seen=at(3), last_seen=at(3), title="new", events=("e3",)))
    assert (newer.seen.first_seen, newer.seen.last_seen, newer.seen.title) == (at(-9), at(3), "new")
    assert newer.seen.events == ("e1", "e2", "e3")


@given(st.lists(st.integers(0, 200), max_size=150))
def test_events_are_bounded_and_the_same_again_changes_nothing(numbers: list[int]) -> None:
    finding = life.opened(proposal(kind=Kind.ALERT))
    for n in numbers:
        finding = life.seen_again(finding, proposal(kind=Kind.ALERT, events=(f"e{n}",), last_seen=at(n)))
    assert len(finding.seen.events) <= EVENTS_MAX
    assert life.seen_again(finding, finding.seen) == finding


def test_closes_only_on_later_contrary_evidence_and_reopens_when_seen_after_it() -> None:
    finding = life.opened(proposal())
    assert life.cleared(finding, cleared(0.5)) is finding
    closed = life.cleared(finding, cleared(4))
    assert closed.state is State.CLOSED
    assert life.cleared(life.seen_again(closed, proposal(), cleared(4)), cleared(4)) == closed
    again = life.seen_again(closed, proposal(last_seen=at(6)), cleared(4))
    assert again.state is State.OPEN
    assert turns(again) == ["opened", "closed", "reopened"]


def test_what_closes_a_finding_is_cited_and_it_opens_when_that_no_longer_speaks_for_it() -> None:
    proof = Cleared("dicom-in-clear", "A1>A2", at(4), "seen encrypted", events=("tls",))
    closed = life.cleared(life.opened(proposal()), proof)
    assert set(closed.seen.events) == {"e1", "tls"}
    again = life.seen_again(closed, proposal())
    assert (again.state, again.history[-1].why) == (State.OPEN, "what spoke for its closing no longer does")


def test_a_person_who_reopens_is_overruled_only_by_what_is_seen_later() -> None:
    closed = life.cleared(life.opened(proposal()), cleared(4))
    again = life.reopened(closed, "os:eve", at(9))
    for hours in (4, 8, 9):
        assert life.cleared(life.seen_again(again, proposal(), cleared(hours)), cleared(hours)).state is State.OPEN
    stale = life.grown_silent(again, at(10) + life.STALE_AFTER)
    assert life.cleared(stale, cleared(8)).state is State.STALE
    assert life.cleared(stale, cleared(10)).state is State.CLOSED
    assert life.set_aside(again, "a partner", at(10)) is again


def test_what_a_statement_explains_closes_and_opens_with_the_same_rows_when_it_is_withdrawn() -> None:
    aside = life.set_aside(life.opened(proposal()), "the hospital names it as a partner", at(2))
    assert (aside.state, aside.history[-1].why) == (State.CLOSED, "the hospital names it as a partner")
    assert life.seen_again(aside, proposal()).state is State.OPEN


def test_silence_makes_stale_and_never_closed() -> None:
    finding = life.opened(proposal())
    assert life.grown_silent(finding, at(1) + life.STALE_AFTER) is finding
    stale = life.grown_silent(finding, at(2) + life.STALE_AFTER)
    assert stale.state is State.STALE
    assert life.grown_silent(stale, at(99999)) is stale
    assert life.seen_again(stale, proposal()).state is State.STALE
    assert life.seen_again(stale, proposal(last_seen=at(900))).state is State.OPEN


def test_silence_before_it_was_opened_has_not_been_listened_to() -> None:
    weeks = at(24 * 40)
    finding = life.opened(proposal(), weeks)
    assert life.grown_silent(finding, weeks) is finding
    assert life.grown_silent(finding, weeks + life.STALE_AFTER) is finding
    assert life.grown_silent(finding, weeks + 2 * life.STALE_AFTER).state is State.STALE


def test_accepted_needs_a_reason_and_an_end_and_ends_by_itself() -> None:
    finding, today = life.opened(proposal()), T0.date()
    for reason, until in (("  ", today), ("ok", today - timedelta(days=1)), ("ok", today + timedelta(days=400))):
        with pytest.raises(WrongUse):
            life.accepted(finding, "os:eve", reason, until, T0)
    accepted = life.accepted(finding, "os:eve", "new scanner in May", date(2026, 5, 1), T0)
    assert accepted.state is State.ACCEPTED
    assert accepted.acceptance is not None
    assert accepted.acceptance.person == "os:eve"
    assert life.seen_again(accepted, proposal(last_seen=at(8))).state is State.ACCEPTED
    last_day = life.expired(accepted, at(24 * 60).replace(hour=23))
    assert last_day.state is State.ACCEPTED
    assert life.expired(accepted, at(24 * 61)).state is State.OPEN


def test_an_acceptance_does_not_cover_what_became_worse() -> None:
    accepted = life.accepted(life.opened(proposal()), "os:eve", "fine", date(2026, 5, 1), T0)
    points = Points(Exploitation.ACTIVE, Exposure.OPEN, Automatable.YES)
    worse = life.seen_again(accepted, proposal(points=points, last_seen=at(2), levels={HarmKind.SAFETY: 4}))
    assert worse.state is State.OPEN
    assert "accepted as scheduled, now immediate" in worse.history[-1].why


def test_an_alert_is_closed_by_a_person_and_by_nothing_else() -> None:
    alert = life.opened(proposal(kind=Kind.ALERT))
    assert life.cleared(alert, cleared(9)) is alert
    assert life.grown_silent(alert, at(99999)) is alert
    with pytest.raises(WrongUse):
        life.closed_by(alert, "os:eve", "", T0)
    closed = life.closed_by(alert, "os:eve", "host rebuilt", T0)
    assert closed.state is State.CLOSED
    assert life.seen_again(closed, alert.seen) == closed
    assert life.seen_again(closed, proposal(kind=Kind.ALERT, last_seen=at(2))).state is State.OPEN


def test_a_person_cannot_close_a_posture_finding() -> None:
    with pytest.raises(WrongUse):
        life.closed_by(life.opened(proposal()), "os:eve", "I say so", T0)


def test_reopen_takes_back_what_was_accepted() -> None:
    finding = life.opened(proposal())
    with pytest.raises(WrongUse):
        life.reopened(finding, "os:eve", T0)
    accepted = life.accepted(finding, "os:eve", "fine", date(2026, 5, 1), T0)
    again = life.reopened(accepted, "os:bob", at(2))
    assert (again.state, again.acceptance, again.history[-1].who) == (State.OPEN, None, "os:bob")
