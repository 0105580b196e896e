"""What every check could say: a fault, none seen, or nothing at all, because what it needs was not there. Unknown is no pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from asepsis.findings.service import Check, Finding, Look, State


class Verdict(StrEnum):
    FAULT = "fault"
    NONE_SEEN = "none seen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check could say. `states` counts its findings, `rows` what it had to look at; `missing` is what there was nothing of, and
    `lacks` what the hospital would have to state first."""

    check: Check
    states: Mapping[State, int]
    rows: int
    missing: tuple[str, ...]
    lacks: str

    @property
    def verdict(self) -> Verdict:
        """A fault that a person lives with, or that was not seen for a while, is one."""
        if any(number for state, number in self.states.items() if state is not State.CLOSED):
            return Verdict.FAULT
        return Verdict.UNKNOWN if self.lacks or not self.rows else Verdict.NONE_SEEN

    @property
    def words(self) -> str:
        """`unknown: no hl7 seen`."""
        missing = " or ".join(self.missing)
        if self.verdict is Verdict.UNKNOWN:
            return f"{self.verdict}: {self.lacks or f'no {missing} seen'}"
        return f"{self.verdict}; no {missing} to look at" if missing and self.verdict is Verdict.NONE_SEEN else self.verdict.value


def checked(checks: Iterable[Check], look: Look, rows: Mapping[str, int], findings: Iterable[Finding]) -> list[Checked]:
    """For each check; `rows` are those of each stream."""
    states: dict[str, Counter[State]] = {}
    for finding in findings:
        states.setdefault(finding.seen.check, Counter())[finding.state] += 1
    return [Checked(check, states.get(check.id, Counter()), *_seen(check, look, rows), check.lacks(look)) for check in checks]


def _seen(check: Check, look: Look, rows: Mapping[str, int]) -> tuple[int, tuple[str, ...]]:
    """How many rows a check had to look at, and what it found nothing of."""
    if check.scope:
        number = sum(row["number"] for row in look.rows(check.scope.rows))
        return number, () if number else (check.scope.of,)
    return sum(rows.get(name, 0) for name in check.streams), tuple(name for name in check.streams if not rows.get(name))


def checked_form(covered: Checked) -> dict[str, Any]:
    """A check and what it could say, as JSON."""
    check = covered.check
    return {
        "check": check.id,
        "title": check.title,
        "verdict": covered.verdict.value,
        "why": covered.words,
        "findings": {state.value: covered.states.get(state, 0) for state in State},
        "rows": covered.rows,
        "streams": list(check.streams),
        "missing": list(covered.missing),
        "looks_for": check.looks_for,
        "cannot_see": check.cannot_see,
        "references": list(check.references),
    }
