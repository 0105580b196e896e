"""What a notice says of a finding: that it opened, opened again, or became graver. The title, the decision, the zone: no more leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asepsis.notices.service import Notice, notice_of

from .finding import Finding, State

_OPENING = ("opened", "reopened")


def announced(changed: Iterable[Finding], known: Mapping[str, Finding]) -> list[Notice]:
    """The notices of findings that changed; `known` are those that were there before, by id. What a story tells of is told by it."""
    found = ((finding, _what(finding, known.get(finding.id))) for finding in changed)
    return [_notice(finding, what) for finding, what in found if what]


def _what(finding: Finding, before: Finding | None) -> str:
    if finding.state is not State.OPEN or finding.seen.part_of:
        return ""
    turns = finding.history[len(before.history) if before else 0 :]
    opening = [turn.what for turn in turns if turn.what in _OPENING]
    if opening:
        return opening[-1]
    return "raised" if before is not None and finding.decision.rank > before.decision.rank else ""


def _notice(finding: Finding, what: str) -> Notice:
    at = finding.seen.last_seen if what == "raised" else finding.history[-1].at
    decision, turn, path = finding.decision.value, len(finding.history), f"/findings/{finding.id}"
    return notice_of(f"finding.{what}", finding.id, turn, at, finding.seen.title, decision, finding.seen.zone, path)
