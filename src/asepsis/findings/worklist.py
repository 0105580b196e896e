"""The one list of what to do, in the order of what hurts patients first.

A line is a check, a zone and a kind of asset, and unfolds to its members: a first look at thousands of devices is still a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from .finding import Finding, State
from .line import Line, added, line_of, order, place

LINES_MAX = 40
# What still calls for work: silence is no proof that a fault is gone.
ON_THE_LIST = (State.OPEN, State.STALE)


def worklist(findings: Iterable[Finding], limit: int = LINES_MAX) -> list[Line]:
    """The lines of findings, at most `limit` (2 or more)."""
    groups: defaultdict[Hashable, list[Finding]] = defaultdict(list)
    for finding in sorted((f for f in findings if f.state in ON_THE_LIST), key=order):
        groups[place(finding)].append(finding)
    return folded(map(line_of, groups.values()), limit)


def folded(lines: Iterable[Line], limit: int = LINES_MAX) -> list[Line]:
    """Lines in order. If there are more than `limit`, the lower half of the list is folded until it fits, never the top."""
    lines = sorted(lines, key=lambda line: line.rank)
    coarser: tuple[Callable[[Line], Hashable], ...] = (
        lambda line: (line.lead.seen.check, line.lead.seen.asset_kind),
        lambda line: line.lead.seen.check,
        lambda _: None,
    )
    top = limit // 2
    for key in coarser:
        if len(lines) <= limit:
            break
        groups: defaultdict[Hashable, list[Line]] = defaultdict(list)
        for line in lines[top:]:
            groups[key(line)].append(line)
        lines = lines[:top] + sorted(
            (added(group) if len(group) > 1 else group[0] for group in groups.values()), key=lambda line: line.rank
        )
    return lines
