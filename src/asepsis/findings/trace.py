"""For which subject the checks count certain rows now, or why they do not: asked of rows that findings cite and no proposal does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from asepsis.hospital.service import Locator

from .asking import SPAN, Lake, Row
from .check import Check
from .look import Look
from .review import Traced

# The rows asked after: then a sighting names those of them that are in it, and no others.
_TRACED = "array_agg(event_id) filter (where {among}) as traced"


def trace(checks: Iterable[Check], lake: Lake, locator: Locator, now: datetime, rows: Mapping[str, frozenset[str]]) -> Traced:
    """What became of rows, by check, that speak for findings which are not proposed any more (`lost_rows`): the checks named in `rows` are
    run again, on the whole lake, and tell where those rows went."""
    holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    excuses: dict[tuple[str, str], str] = {}
    for check in checks:
        if check.id not in rows:
            continue
        asking = Look(_EachEvent(lake), locator, now, f"{SPAN}, {_TRACED.format(among=_among(rows[check.id]))}")
        for proposal in check.run(asking):
            for event in proposal.events:
                holders[check.id, event].add(proposal.id)
        for excused in check.excuses(asking):
            excuses |= {(check.id, event): excused.why for event in excused.events}
    there = _present(lake, frozenset().union(*rows.values()))
    present = frozenset((check, event) for check, events in rows.items() for event in events & there)
    return Traced(present, {row: frozenset(found) for row, found in holders.items()}, excuses)


class _EachEvent:
    """A lake in which every connection stands by itself: any of them may be the one that is asked after."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def rows(self, query: str, /) -> list[Row]:
        return self._lake.rows(re.sub(r"\bpairs\b", "each_pair", query))


def _present(lake: Lake, events: frozenset[str]) -> frozenset[str]:
    """Those that the lake still has."""
    from asepsis.lake.service import streams

    everything = " union all ".join(f"select event_id from {name}" for name in streams())  # noqa: S608 - names of ours
    found = lake.rows(f"select event_id from ({everything}) as seen where {_among(events)}")  # noqa: S608 - escaped
    return frozenset(row["event_id"] for row in found)


def _among(events: Iterable[str]) -> str:
    """The condition that a row is one of these. A list of literals would be gone through for each row of the lake."""
    named = ", ".join("'{}'".format(event.replace("'", "''")) for event in sorted(events))
    return f"event_id in (select unnest([{named}]))"
