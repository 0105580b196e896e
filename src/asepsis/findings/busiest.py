"""How many patients within 24 hours: those of the busiest ones.

A day is told in quarters (UTC), and any four in a row are 24 hours: a morning's work is one everywhere on earth, and a night is.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta

_QUARTER = timedelta(hours=6)

Quarters = Mapping[tuple[datetime, int], Set[str]]
"""Who was seen, by when the quarter began and how they are known (a number, a reference)."""


def quarter(ts: str) -> str:
    """The SQL of when the quarter of a column began."""
    return f"date_trunc('day', {ts}) + floor(extract(hour from {ts}) / 6) * interval '6' hour"


def busiest(quarters: Quarters) -> int:
    """The most that 24 hours have. A number and a reference do not tell whether they are one patient, so each sort is counted by itself."""
    nobody: Set[str] = frozenset()

    def within(since: datetime, sort: int) -> int:
        return len(set().union(*(quarters.get((since + n * _QUARTER, sort), nobody) for n in range(4))))

    return max((within(since, sort) for since, sort in quarters), default=0)
