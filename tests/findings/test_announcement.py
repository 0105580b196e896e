"""What of a finding's life is told to others."""

from __future__ import annotations

from dataclasses import replace

from asepsis.findings import life
from asepsis.findings.announcement import announced
from asepsis.findings.finding import Finding, Points, State
from asepsis.findings.harm import HarmKind
from asepsis.findings.ssvc import Automatable, Decision, Exploitation, Exposure

from .making import at, proposal

GRAVE = {"points": Points(Exploitation.ACTIVE, Exposure.OPEN, Automatable.YES), "levels": {HarmKind.SAFETY: 4}}


def _told(after: Finding, before: Finding | None = None) -> list[tuple[str, int, str]]:
    known = {before.id: before} if before else {}
    return [(one.what, one.turn, one.decision) for one in announced([after], known)]


def test_a_finding_is_told_when_it_opens_and_not_when_it_is_seen_again() -> None:
    opened = life.opened(proposal())
    assert _told(opened) == [("finding.opened", 1, opened.decision.value)]
    assert _told(life.seen_again(opened, proposal(last_seen=at(3))), opened) == []


def test_it_is_told_when_it_becomes_graver_and_not_when_less_grave() -> None:
    opened = life.opened(proposal())
    graver = life.seen_again(opened, proposal(last_seen=at(3), **GRAVE))
    assert graver.decision is Decision.IMMEDIATE
    assert _told(graver, opened) == [("finding.raised", 1, "immediate")]
    assert announced([graver], {opened.id: opened})[0].at == at(3)
    assert _told(life.seen_again(graver, proposal(last_seen=at(4))), graver) == []


def test_it_is_told_when_it_opens_again_and_not_when_it_ends() -> None:
    opened = life.opened(proposal())
    closed = life.set_aside(opened, "a partner", at(5))
    assert closed.state is State.CLOSED
    assert _told(closed, opened) == []
    again = life.seen_again(closed, proposal(last_seen=at(6)))
    assert _told(again, closed) == [("finding.reopened", 3, again.decision.value)]


def test_what_a_story_tells_of_is_told_by_it() -> None:
    part = replace(life.opened(proposal()), seen=proposal(part_of="F000000000001"))
    assert _told(part) == []
