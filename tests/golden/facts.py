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


# Of ICMP a question and its answer are one kind: by version and type of the answer that of the question.
ASKED = {("icmp", "9"): "10", ("icmp", "0"): "8", ("icmp", "14"): "13", ("icmp", "16"): "15", ("icmp", "18"): "17"}
ASKED |= {("icmpv6", "129"): "128", ("icmpv6", "131"): "130", ("icmpv6", "134"): "133", ("icmpv6", "136"): "135", ("icmpv6", "140"): "139"}


def icmp(layer: str, one: str, other: str, kind: str) -> Fact:
    """A message of ICMP: both addresses and what kind it is of."""
    return flow(layer, (one, 0), (other, 0)), ASKED.get((layer, kind), kind)
