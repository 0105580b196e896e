"""How long the network was listened to: what is asked of every "was not seen"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .talks import Lake

HOURS_OF_A_WEEK = 168
"""Jobs of a week are the longest that a first look can wait for."""

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
# A clock beyond the calendar has no date to count by.
_HEARD = """
    SELECT MIN(ts) AS first_seen, MAX(ts) AS last_seen, COUNT(DISTINCT DATE_TRUNC('hour', ts)) AS hours FROM conn
    WHERE ts BETWEEN TIMESTAMP '1970-01-02 00:00:00' AND TIMESTAMP '9990-01-01 00:00:00' HAVING COUNT(*) > 0
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """From the beginning of the first conversation to that of the last; `hours` of the clock in which one began."""

    first: datetime
    last: datetime
    hours: int

    @property
    def length(self) -> timedelta:
        return self.last - self.first

    @property
    def words(self) -> str:
        """`19 seconds`, `3 hours`, `14 hours spread over 9 days`."""
        if self.length > timedelta(hours=self.hours + 1):
            return f"{_in(self.hours, 'hour')} spread over {_in(self.length.days + 1, 'day')}"
        seconds = max(round(self.length.total_seconds()), 1)
        unit, noun = next(((unit, noun) for unit, noun in _UNITS if seconds >= 2 * unit), _UNITS[-1])
        return _in(seconds // unit, noun)


def heard(lake: Lake) -> Heard | None:
    """Nothing where no conversation was heard."""
    return next((Heard(_utc(row["first_seen"]), _utc(row["last_seen"]), row["hours"]) for row in lake.rows(_HEARD)), None)


def _in(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _utc(moment: Any) -> datetime:
    found: datetime = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return found
