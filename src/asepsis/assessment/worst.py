"""Lines of the worklist as a report tells them: what is wrong, by when, who could be hurt, what it takes."""

from __future__ import annotations

from collections.abc import Iterable

from asepsis.findings.service import HarmKind, Line, can_hurt, counted
from asepsis.kit.errors import one_line

from .paper import Do
from .summary import WHEN, WORK

_WHAT, _WHO, _TAKES = 150, 220, 190
NOBODY = "No harm to a patient is expected."


def told(lines: Iterable[Line]) -> tuple[Do, ...]:
    """Each line as something to do."""
    return tuple(
        Do(
            one_line(line.title, _WHAT),
            WHEN[line.decision],
            one_line(_who(line), _WHO),
            f"{WORK[line.effort]}. {one_line(line.action.title, _TAKES).rstrip('.')}.",
            line.lead.id,
        )
        for line in lines
    )


def _who(line: Line) -> str:
    """The harm to patients first, whatever else is worse: that is what is asked."""
    gravest = max(line.harms.values(), key=lambda harm: harm.level, default=None)
    worst = line.harms[HarmKind.SAFETY] if can_hurt(line.harms) else gravest
    patients = counted(line.patients, "patient")
    reach = f" At least {patients} within reach." if line.patients and patients not in line.title else ""
    return f"{(worst.why if worst and worst.level else NOBODY).rstrip('.')}.{reach}"
