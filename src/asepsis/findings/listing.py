"""Which findings are asked for, one by one: a list that is read a page at a time, in the order of the worklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from asepsis.kit.errors import WrongUse

from .finding import Kind, State
from .line import Group, Place
from .ssvc import Decision

PAGE = 100
AT_ONCE = 5_000
"""Findings that one act of a person may turn: more than these are of several sorts, and deserve a look each."""


@dataclass(frozen=True, slots=True)
class FindingsAsked:
    """Those of a state, a decision and so on, where these are not empty. `check` with `line` are those of one line, whose zone and kind of
    asset may be none. `words` are those of an asset: of its name, its addresses, its titles."""

    state: str = State.OPEN.value
    decision: str = ""
    kind: str = ""
    check: str = ""
    line: str = ""
    zone: str = ""
    asset_kind: str = ""
    asset: str = ""
    assigned: str = ""
    words: str = ""

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Self:
        """What an address asks for. Raises WrongUse for a state, decision or kind that there is none of."""
        asked = cls(**{f.name: told[f.name].replace("\0", "").strip()[:200] for f in fields(cls) if f.name in told})
        for value, known in ((asked.state, State), (asked.decision, Decision), (asked.kind, Kind)):
            if value and value not in list(known):
                raise WrongUse("no such findings", value[:40], f"ask for one of: {', '.join(known)}")
        return asked

    @property
    def place(self) -> Place:
        """The line that is asked for."""
        return (self.check, self.zone, self.asset_kind)


@dataclass(frozen=True, slots=True)
class LinesAsked:
    """Lines of the worklist of a decision or a zone, where these are not empty, that have these `words` in what they say is wrong."""

    decision: str = ""
    zone: str = ""
    words: str = ""

    def wants(self, group: Group) -> bool:
        """Whether findings that are told together are among them."""
        if self.decision and group.members[0].decision.value != self.decision:
            return False
        if self.zone and not any(place[1] == self.zone for place in group.places):
            return False
        said = (*group.totals.faults, group.members[0].title, *(word for place in group.places for word in place))
        return not self.words or self.words.lower() in "\n".join(said).lower()


ALL_LINES = LinesAsked()
