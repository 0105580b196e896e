"""Something that a host does at a moment of the day, and the note that is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from state import Hospital

AT_ONCE = 6
"""How many acts are done at once."""
Doing = Callable[[Hospital, datetime], None]
"""Called in a thread that is the host already. The moment is what belongs into messages, in place of the clock."""


@dataclass(frozen=True)
class Act:
    """One piece of a day or of a scenario.

    at: the virtual moment that it begins. host: who acts. peers: whom it talks to, as far as it is known. beyond: pairs of hosts that talk
    because of it (an archive that sends to a third). goes_on: it uses a connection that stays open for the next such act. technique:
    ATT&CK ids if it is an attack. looks_like: the row of the table of attacks that it resembles and is not. silent: it turns
    something and need not send anything. local: it sends frames without IP only, which belong to no conversation.
    """

    at: datetime
    host: str
    what: str
    doing: Doing
    peers: tuple[str, ...] = ()
    beyond: tuple[tuple[str, str], ...] = ()
    goes_on: bool = False
    scenario: str = ""
    technique: tuple[str, ...] = ()
    looks_like: str = ""
    may_fail: bool = False
    silent: bool = False
    local: bool = False

    @property
    def holds(self) -> frozenset[object]:
        """What no other act may use at the same time: the host that acts and the pairs, so that every packet belongs to one act.

        An attack's acts come one after the other, for each may need what the one before it did.
        """
        pairs = [frozenset(pair) for pair in self.beyond]
        pairs += [frozenset((self.host, peer)) for peer in self.peers]
        return frozenset((self.host, *pairs, *([("attack",)] if self.scenario else [])))


class More(TypedDict, total=False):
    """What may be told of any act beside who does what, as `Act` has it; whose attack it belongs to, its script tells."""

    beyond: tuple[tuple[str, str], ...]
    goes_on: bool
    looks_like: str
    may_fail: bool
    silent: bool
    local: bool


@dataclass(frozen=True)
class Done:
    """An act as it was done: `begin` and `end` on the wall's clock, seconds since 1970."""

    number: int
    at: float
    begin: float
    end: float
    host: str
    what: str
    peers: list[str] = field(default_factory=list)
    beyond: list[list[str]] = field(default_factory=list)
    goes_on: bool = False
    scenario: str = ""
    technique: list[str] = field(default_factory=list)
    looks_like: str = ""
    error: str = ""
    may_fail: bool = False
    silent: bool = False
    local: bool = False

    @classmethod
    def of(cls, number: int, act: Act, begin: float, end: float, error: str) -> Done:
        return cls(
            number,
            act.at.timestamp(),
            begin,
            end,
            act.host,
            act.what,
            list(act.peers),
            [list(pair) for pair in act.beyond],
            act.goes_on,
            act.scenario,
            list(act.technique),
            act.looks_like,
            error,
            act.may_fail,
            act.silent,
            act.local,
        )

    def row(self) -> dict[str, Any]:
        return asdict(self)
