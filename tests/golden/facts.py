"""What a capture says, in the same words whoever has read it: what the differential test compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .differences import COMPARED

End = tuple[str, int]
Flow = tuple[str, End, End]
# The connection, and what is told of it.
Fact = tuple[Flow, *tuple[object, ...]]
Facts = dict[str, Counter[Fact]]


def flow(transport: str, one: End, other: End) -> Flow:
    """The connection, whoever began it."""
    first, second = sorted((one, other))
    return transport, first, second


def counted(found: Iterable[tuple[str, Fact]]) -> Facts:
    """Facts by what is compared, with how often each was told."""
    facts: Facts = {what: Counter() for what in COMPARED}
    for what, fact in found:
        if COMPARED[what].once:
            facts[what][fact] = 1
        else:
            facts[what][fact] += 1
    return facts
