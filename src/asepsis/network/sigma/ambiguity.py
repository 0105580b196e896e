"""Whether a regular expression can read a text in exponentially many ways, which is when an engine that backtracks explodes.

An expression is exponentially ambiguous if and only if, from some state of its automaton, one word leads back to that state by two
different paths (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991, criterion EDA). The automaton is Glushkov's: each
character of the expression is a state. A step that two nested repeats both make is two paths too, which that automaton would not show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

OTHER = 1 << 128
"""Any character beyond ASCII."""
ALL = (1 << 129) - 1
LOOPED = 100
"""So many characters of an expression may stand within repeats."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A place between characters."""


@dataclass(frozen=True, slots=True)
class Each:
    """One character of a set, a bit each."""

    mask: int


@dataclass(frozen=True, slots=True)
class Row:
    parts: list[Node]


@dataclass(frozen=True, slots=True)
class Either:
    branches: list[Node]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`many`: more than once. A counted repeat is taken for an endless one: to backtracking a high count is no better. `times`: its count,
    as an engine that unfolds it does."""

    inner: Node
    optional: bool
    many: bool
    times: int


Node = Nothing | Each | Row | Either | Repeat


def unfolded(tree: Node) -> int:
    """How often a character stands in the expression when its counted repeats are written out, at most."""
    match tree:
        case Row(parts) | Either(parts):
            return max(map(unfolded, parts), default=1)
        case Repeat(inner, _, _, times):
            return times * unfolded(inner)
    return 1


def exponential(tree: Node) -> str:
    """What makes it explode; empty if nothing does."""
    automaton = _Automaton()
    automaton.of(tree)
    return automaton.trouble or automaton.two_ways()


@dataclass(frozen=True, slots=True)
class _Part:
    nullable: bool
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()


@dataclass
class _Automaton:
    masks: list[int] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)
    trouble: str = ""

    def of(self, tree: Node) -> _Part:
        match tree:
            case Each(mask):
                self.masks.append(mask)
                self.follow.append(set())
                here = frozenset({len(self.masks) - 1})
                return _Part(False, here, here)
            case Row(parts):
                return self._row(self.of(part) for part in parts)
            case Either(branches):
                some = [self.of(branch) for branch in branches]
                firsts, lasts = (frozenset().union(*(getattr(one, side) for one in some)) for side in ("first", "last"))
                return _Part(any(one.nullable for one in some), firsts, lasts)
            case Repeat(inner, optional, many, _):
                part = self.of(inner)
                if many:
                    self._loop(part)
                return _Part(part.nullable or optional, part.first, part.last)
        return _Part(True)

    def _row(self, parts: Iterable[_Part]) -> _Part:
        whole = _Part(True)
        for part in parts:
            for state in whole.last:
                self.follow[state] |= part.first
            first = whole.first | part.first if whole.nullable else whole.first
            last = whole.last | part.last if part.nullable else part.last
            whole = _Part(whole.nullable and part.nullable, first, last)
        return whole

    def _loop(self, part: _Part) -> None:
        if part.nullable:
            self.trouble = self.trouble or "a repeat of what may be nothing"
        for state in part.last:
            if self.follow[state] & part.first:
                self.trouble = self.trouble or "a repeat within a repeat"
            self.follow[state] |= part.first

    def two_ways(self) -> str:
        for states in self._loops():
            if len(states) > LOOPED:
                return f"more than {LOOPED} characters in one repeat"
            if self._returns(states):
                return "a repeat that can read the same text in two ways"
        return ""

    def _returns(self, states: frozenset[int]) -> bool:
        """Whether two runs that part within these states over one word can meet again."""
        before: dict[tuple[int, int], set[tuple[int, int]]] = {}
        todo = [(state, state) for state in states]
        seen = set(todo)
        while todo:
            one, other = todo.pop()
            for left in self.follow[one] & states:
                for right in self.follow[other] & states:
                    if not self.masks[left] & self.masks[right]:
                        continue
                    before.setdefault((left, right), set()).add((one, other))
                    if (left, right) not in seen:
                        seen.add((left, right))
                        todo.append((left, right))
        back = [(state, state) for state in states]
        met = set(back)
        while back:
            for pair in before.get(back.pop(), ()):
                if pair[0] != pair[1]:
                    return True
                if pair not in met:
                    met.add(pair)
                    back.append(pair)
        return False

    def _loops(self) -> list[frozenset[int]]:
        """The states that lead back to each other."""
        reach = {state: self._reached(state) for state in range(len(self.masks)) if self.follow[state]}
        loops = {frozenset(other for other in reach[state] if state in reach.get(other, ())) for state in reach if state in reach[state]}
        return sorted(loops, key=min)

    def _reached(self, start: int) -> set[int]:
        seen: set[int] = set()
        todo = list(self.follow[start])
        while todo:
            if (state := todo.pop()) not in seen:
                seen.add(state)
                todo += self.follow[state]
        return seen
