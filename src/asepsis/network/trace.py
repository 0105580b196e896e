"""For which subject the checks count certain rows now, or why they do not: asked of rows that findings cite and no proposal does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from asepsis.findings.service import Traced
from asepsis.hospital.service import Locator
from asepsis.lake.service import streams

from .check import Check, Lake
from .sightings import Asking, among


def trace(checks: Iterable[Check], lake: Lake, locator: Locator, now: datetime, rows: Mapping[str, frozenset[str]]) -> Traced:
    """Runs the checks named in `rows` again, on the whole lake, and lets them tell where those rows went."""
    holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    excuses: dict[tuple[str, str], str] = {}
    for check in checks:
        if check.id not in rows:
            continue
        asking = Asking(lake, rows[check.id])
        for proposal in check.run(asking, locator, now):
            for event in proposal.events:
                holders[check.id, event].add(proposal.id)
        for excused in check.excuses(asking, locator, now):
            excuses |= {(check.id, event): excused.why for event in excused.events}
    there = _present(lake, frozenset().union(*rows.values()))
    present = frozenset((check, event) for check, events in rows.items() for event in events & there)
    return Traced(present, {row: frozenset(found) for row, found in holders.items()}, excuses)


def _present(lake: Lake, events: frozenset[str]) -> frozenset[str]:
    """Those that the lake still has."""
    everything = " union all ".join(f"select event_id from {name}" for name in streams())  # noqa: S608 - names of ours
    found = lake.rows(f"select event_id from ({everything}) as seen where {among(events)}")  # noqa: S608 - escaped
    return frozenset(row["event_id"] for row in found)
