"""The one list of what to do, in the order of what hurts patients first.

A line is a check, a zone and a kind of asset, and unfolds to its members: a first look at thousands of devices is still a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from .finding import Finding, State
from .line import Group, Line, Place, added, group_of, order, place

LINES_MAX = 40
# What still calls for work: silence is no proof that a fault is gone.
ON_THE_LIST = (State.OPEN, State.STALE)


def worklist(findings: Iterable[Finding], limit: int = LINES_MAX) -> list[Line]:
    """The lines of findings, at most `limit` (2 or more)."""
    found = sorted((f for f in findings if f.state in ON_THE_LIST and not f.seen.part_of), key=order)
    gathered: defaultdict[Place, list[Finding]] = defaultdict(list)
    for finding in found:
        gathered[place(finding)].append(finding)
    leads = {of[0].id: of[0] for of in gathered.values()}
    return [Line(leads[group.members[0].id], group) for group in folded(map(group_of, gathered.values()), limit)]


def folded(groups: Iterable[Group], limit: int = LINES_MAX) -> list[Group]:
    """Groups in order. If there are more than `limit`, the lower half of the list is folded until it fits, never the top."""
    groups = sorted(groups, key=lambda group: group.rank)
    # Of each place: check and kind, the check, nothing.
    coarser: tuple[Callable[[Place], Hashable], ...] = (lambda where: (where[0], where[2]), lambda where: where[0], lambda _: None)
    top = limit // 2
    for key in coarser:
        if len(groups) <= limit:
            break
        alike: defaultdict[Hashable, list[Group]] = defaultdict(list)
        for group in groups[top:]:
            alike[key(group.places[0])].append(group)
        lower = (added(of) if len(of) > 1 else of[0] for of in alike.values())
        groups = groups[:top] + sorted(lower, key=lambda group: group.rank)
    return groups
