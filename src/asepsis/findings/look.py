"""What a check is given: a lake to ask, and whose the addresses in it are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from asepsis.hospital.service import Locator, Plan

from .asking import SPAN, Lake, Row, rows
from .finding import Step
from .parties import Parties, Party
from .reach import Reach


class Look:
    """One look at a lake. `now` is the time of the last packet that the sensor saw, not of the clock on the wall.

    A query is asked once while a check runs: it asks for its fault when it looks for it, and again when it looks what mended it. A look at
    a part of a lake is given the `reach` that one at all of it has found.
    """

    def __init__(self, lake: Lake, locator: Locator, now: datetime, span: str = SPAN, reach: Reach | None = None) -> None:
        self.locator, self.now = locator, now
        self._lake, self._span, self._known_reach = lake, span, reach
        self._answers: dict[str, list[Row]] = {}

    @property
    def plan(self) -> Plan:
        return self.locator.plan

    @cached_property
    def parties(self) -> Parties:
        return Parties(self.locator, lambda: self.reach.entered)

    @cached_property
    def reach(self) -> Reach:
        """What is within reach of whom."""
        return self._known_reach or Reach(self._lake, self.parties)

    def at(self, address: str, hint: str | None = None) -> Party:
        """Whose an address is."""
        return self.parties.at(address, hint)

    def all_at(self, addresses: Iterable[str]) -> list[Party]:
        """Whose addresses are, each once."""
        return list({party.key: party for party in map(self.at, addresses)}.values())

    def patients(self, party: Party) -> int:
        """How many patients are within reach of whoever gets hold of it: those of its busiest 24 hours."""
        return self.reach.patients(party)

    def steps(self, party: Party) -> tuple[Step, ...]:
        """Which devices that patients depend on are within reach of whoever gets hold of it, and in how many steps."""
        return self.reach.steps(party)

    def rows(self, query: str) -> list[Row]:
        """The rows of a query, times in UTC."""
        if query not in self._answers:
            self._answers[query] = rows(self._lake, query, self._span)
        return self._answers[query]

    def forget(self) -> None:
        """Lets the answers go."""
        self._answers.clear()
