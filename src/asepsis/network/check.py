"""What a check is, and what it is given: a lake to ask and a locator that knows whose an address is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from asepsis.findings.service import Cleared, Excused, Proposal
from asepsis.hospital.service import Locator

if TYPE_CHECKING:
    import pyarrow


class Lake(Protocol):
    """Every stream as a table, also those without rows."""

    def sql(self, query: str, /) -> pyarrow.Table: ...
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


def examine(checks: Iterable[Check], lake: Lake, locator: Locator, now: datetime) -> Examined:
    """Runs the checks, each on the whole lake."""
    checks = list(checks)
    return Examined(
        [proposal for check in checks for proposal in check.run(lake, locator, now)],
        [cleared for check in checks for cleared in check.clears(lake, locator, now)],
    )
