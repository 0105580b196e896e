"""The members of a line as rows of plain values, each made when it is asked for: of most groups of a long list only the first is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, overload

from .finding import Effort, State
from .line import Member
from .ssvc import Decision, HumanImpact


class Members(Sequence[Member]):
    """Rows of a member's fields, in order, as a store keeps them."""

    def __init__(self, rows: Sequence[list[Any]]) -> None:
        self._rows = rows
        self._made: dict[int, Member] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Member: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Member]: ...
    def __getitem__(self, at: int | slice) -> Member | Sequence[Member]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        if at not in self._made:
            id, title, decision, impact, state, patients, effort, seen = self._rows[at]
            self._made[at] = Member(
                id, title, Decision(decision), HumanImpact(impact), State(state), patients, Effort(effort), datetime.fromisoformat(seen)
            )
        return self._made[at]
