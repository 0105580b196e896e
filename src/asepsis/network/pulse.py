"""What the sensor heard lately, minute by minute: a running summary, so that nobody who looks reads the lake.

Looks of the rules at what came keep it (`detect`): a row for each minute and interface, as the sensor counts them (`stats`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asepsis.findings.service import Lake, rows
from asepsis.lake.service import Part

from .health import LOOK_BACK, SUMMED, Health, of_sums

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SHOWN = HOUR
"""Of which every minute is shown."""
_LATE = f"""
    select sensor, interface, ts, {", ".join(SUMMED)} from stats
    where ts > (select max(ts) from stats) - interval '{LOOK_BACK.total_seconds():.0f}' second order by sensor, interface, ts
"""  # noqa: S608 - names of ours

Figures = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """What an interface of a sensor (empty: captures) heard from a moment on: its counters, as far as it tells them."""

    sensor: str
    interface: str
    since: datetime
    figures: Figures

    @property
    def place(self) -> tuple[str, str]:
        return self.sensor, self.interface

    @property
    def packets(self) -> int:
        return int(self.figures["pkts_proc"] or 0)

    @property
    def dropped(self) -> int:
        return int(self.figures["pkts_dropped"] or 0)

    @property
    def until(self) -> datetime:
        return self.since + timedelta(seconds=self.figures["duration"] or 0)

    @property
    def rate(self) -> float:
        """Packets a second of the minute, also where the sensor was stopped in it."""
        return self.packets / max(MINUTE.total_seconds(), self.figures["duration"] or 0)


@dataclass(frozen=True, slots=True)
class Came:
    """How many rows of a stream came in the minute that begins at a moment."""

    stream: str
    since: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Rows of a stream in the last minute, five minutes and hour; `last` is the minute of the latest, `minutes` are those of the hour."""

    stream: str
    minute: int
    five: int
    hour: int
    last: datetime
    minutes: tuple[Came, ...]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One interface: how well it was heard in the last day, and each minute of its last hour."""

    health: Health
    minutes: tuple[Heard, ...]

    @property
    def rate(self) -> float:
        """Packets a second of the latest minute."""
        return self.minutes[-1].rate if self.minutes else 0.0

    def silent(self, now: datetime) -> bool:
        """Whether the sensor says nothing of it any more: a minute is told of when it is over."""
        return now - self.health.last_seen > 3 * MINUTE


def heard(lake: Lake) -> list[Heard]:
    """The minutes of the last day of a lake."""
    return [Heard(row["sensor"], row["interface"] or "", row["ts"], {name: row[name] for name in SUMMED}) for row in rows(lake, _LATE)]


def summed(some: Iterable[Heard]) -> Figures:
    """The counters of several together; nothing where none of them tells one."""
    told = list(some)
    found = {name: [value for one in told if (value := one.figures[name]) is not None] for name in SUMMED}
    return {name: sum(values) if values else None for name, values in found.items()}


def came(parts: Iterable[Part]) -> list[Came]:
    """How many rows of each stream parts of the lake brought, by the minute of the latest row of each."""
    found: dict[tuple[str, datetime], int] = {}
    for part in parts:
        key = part.stream, begin(datetime.fromtimestamp(part.max_ts / 1_000_000, UTC), MINUTE)
        found[key] = found.get(key, 0) + part.rows
    return [Came(stream, since, count) for (stream, since), count in sorted(found.items())]


def begin(moment: datetime, span: timedelta) -> datetime:
    """When the minute or hour began that a moment is in."""
    seconds = int(span.total_seconds())
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)


def pulses(hours: Iterable[Heard], minutes: Iterable[Heard]) -> list[Pulse]:
    """How well each interface is heard; `hours` are those of the last day, `minutes` those of the last hour, each in order of time.
    Captures come last."""
    by: dict[tuple[str, str], tuple[list[Heard], list[Heard]]] = {}
    for n, some in enumerate((hours, minutes)):
        for one in some:
            by.setdefault(one.place, ([], []))[n].append(one)
    ordered = sorted(by.items(), key=lambda told: (not told[0][1], told[0]))
    return [Pulse(_health(place, *told), tuple(told[1])) for place, told in ordered if all(told)]


def _health(place: tuple[str, str], hours: list[Heard], minutes: list[Heard]) -> Health:
    sensor, interface = place
    told: dict[str, Any] = {"sensor": sensor, "interface": interface, "first_seen": hours[0].since, "last_seen": minutes[-1].until}
    return of_sums(told | dict(summed(hours)))


def flows(told: Iterable[Came]) -> list[Flow]:
    """The streams of the last hour before the latest row, the fullest first."""
    some = sorted(told, key=lambda one: one.since)
    if not some:
        return []
    latest = some[-1].since
    by: dict[str, list[Came]] = {}
    for one in some:
        if latest - one.since < HOUR:
            by.setdefault(one.stream, []).append(one)
    found = []
    for stream, of in by.items():
        minute, five, hour = (sum(one.rows for one in of if latest - one.since < span) for span in (MINUTE, 5 * MINUTE, HOUR))
        found.append(Flow(stream, minute, five, hour, of[-1].since, tuple(of)))
    return sorted(found, key=lambda flow: (-flow.hour, flow.stream))
