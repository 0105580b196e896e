"""What a check is, and what it is given: a lake to ask and a locator that knows whose an address is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from asepsis.findings.service import Cleared, Excused, Proposal
from asepsis.hospital.service import Locator


class Lake(Protocol):
    """Every stream as a table, also those without rows."""

    def rows(self, query: str, /) -> list[dict[str, Any]]: ...


Run = Callable[[Lake, Locator, datetime], list[Proposal]]
Clears = Callable[[Lake, Locator, datetime], list[Cleared]]
Excuses = Callable[[Lake, Locator, datetime], list[Excused]]


def nothing_stated(_lake: Lake, _locator: Locator, _now: datetime) -> list[Excused]:
    """The excuses of a check for which it does not matter what the hospital states."""
    return []


@dataclass(frozen=True, slots=True)
class Check:
    """Code that looks for one fault. `now` is the time of the last packet that the sensor saw, not of the clock on the wall.

    `run` gives what is wrong, `clears` the contrary evidence: subjects seen later without the fault. `excuses` gives the rows that `run`
    leaves out because of what the hospital states. All three look at the whole lake.
    """

    id: str
    title: str
    looks_for: str
    harms: tuple[str, ...]
    references: tuple[str, ...]
    run: Run
    clears: Clears
    excuses: Excuses = nothing_stated


@dataclass(frozen=True, slots=True)
class Examined:
    """What all checks saw."""

    proposals: list[Proposal]
    cleared: list[Cleared]


class _Once:
    """A lake that is asked each question once: a check asks for its fault when it looks for it, and again when it looks what mended it."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._answers: dict[str, list[dict[str, Any]]] = {}

    def rows(self, query: str, /) -> list[dict[str, Any]]:
        if query not in self._answers:
            self._answers[query] = self._lake.rows(query)
        return self._answers[query]


def examine(checks: Iterable[Check], lake: Lake, locator: Locator, now: datetime, known: Collection[str]) -> Examined:
    """Runs the checks, each on the whole lake. What mended a fault is asked only of checks that propose one or are `known` to have some."""
    examined = Examined([], [])
    for check in checks:
        once = _Once(lake)
        proposals = check.run(once, locator, now)
        examined.proposals.extend(proposals)
        if proposals or check.id in known:
            examined.cleared.extend(check.clears(once, locator, now))
    return examined
