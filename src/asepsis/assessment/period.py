"""A week or a month that a report is about, by UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from asepsis.kit.errors import WrongUse

_DAY = timedelta(days=1)
_YEARS = (1970, 2999)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From the day `since` to before the day `until`. `name` is `2026-W49` (ISO 8601, a week from Monday) or `2026-11`."""

    since: date
    until: date
    name: str

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.until, time(), UTC)

    @property
    def days(self) -> list[date]:
        return [self.since + nth * _DAY for nth in range((self.until - self.since).days)]

    @property
    def monthly(self) -> bool:
        return "W" not in self.name

    @property
    def words(self) -> str:
        """`Week 49 of 2026, 30 November to 6 December`, `November 2026`."""
        if self.monthly:
            return f"{self.since:%B %Y}"
        year, week = self.name.split("-W")
        last = self.until - _DAY
        return f"Week {int(week)} of {year}, {self.since.day} {self.since:%B} to {last.day} {last:%B}"

    @property
    def before(self) -> Period:
        return month_of(self.since - _DAY) if self.monthly else week_of(self.since - _DAY)

    @property
    def after(self) -> Period:
        return month_of(self.until) if self.monthly else week_of(self.until)


def week_of(day: date) -> Period:
    """The week that a day is in."""
    monday = day - day.weekday() * _DAY
    year, week, _ = day.isocalendar()
    return Period(monday, monday + 7 * _DAY, f"{year}-W{week:02}")


def month_of(day: date) -> Period:
    """The month that a day is in."""
    first = day.replace(day=1)
    return Period(first, (first + 31 * _DAY).replace(day=1), f"{first:%Y-%m}")


def week(name: str) -> Period:
    """The week `2026-W49`. Raises WrongUse."""
    try:
        return week_of(_near(date.fromisoformat(f"{name}-1" if "W" in name else "")))
    except ValueError:
        raise WrongUse("not a week", name, "write it as 2026-W49") from None


def month(name: str) -> Period:
    """The month `2026-11`. Raises WrongUse."""
    try:
        return month_of(_near(date.fromisoformat(f"{name}-01" if len(name) == 7 else "")))
    except ValueError:
        raise WrongUse("not a month", name, "write it as 2026-11") from None


def _near(day: date) -> date:
    """A day before and after which the calendar has others."""
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ValueError(day)
    return day


def period_of(name: str) -> Period:
    """The week or the month of that name. Raises WrongUse."""
    return week(name) if "W" in name else month(name)


def lately(last: Period, count: int) -> list[Period]:
    """So many periods that end with `last`, the first first."""
    found = [last]
    while len(found) < count:
        found.insert(0, found[0].before)
    return found
