"""How well the sensor hears: its own counters (`stats`), gathered by the interface that it listens to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from asepsis.findings.service import Look, Row

# A packet in a hundred: less is lost in a burst now and then, more makes whole conversations unreadable.
OVERLOAD = 0.01
# A mirror of any part of a hospital shows packets between two machines every second.
BLIND_S = 60
# The same of a sensor that has never heard any.
DEAF_S = 10
# So long without loss shows that one was mended, as loads come back every hour.
CALM = timedelta(hours=1)

_LOSS = """
    select sensor, interface, {{span}}, sum(pkts_proc) as heard, sum(pkts_dropped) as dropped from stats
    where interface is not null and {which} (pkts_dropped > {share} * (pkts_proc + pkts_dropped)) group by sensor, interface
"""
_LOUD = _LOSS.format(which="", share=OVERLOAD)
_CALM = _LOSS.format(which="not", share=OVERLOAD)

_HEARD = "select sensor, interface, {span} from stats where interface is not null and unicast > 0 group by sensor, interface"
_SILENT = """
    with heard as (select sensor, interface, max(ts) as heard_at from stats where unicast > 0 group by sensor, interface)
    select s.sensor, s.interface, {span}, sum(duration) as seconds, sum(pkts_proc) as packets, max(heard_at) as heard_at
    from stats as s left join heard as h on h.sensor = s.sensor and h.interface = s.interface
    where s.interface is not null and unicast = 0 and (heard_at is null or ts > heard_at) group by s.sensor, s.interface
"""


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of a sensor."""

    sensor: str
    interface: str

    @property
    def key(self) -> str:
        return f"sensor:{self.sensor}/{self.interface}"


def interface(row: Row) -> Interface:
    return Interface(row["sensor"], row["interface"])


def overloaded(look: Look) -> dict[Interface, Row]:
    """The minutes in which an interface lost more than OVERLOAD, one row each."""
    return {interface(row): row for row in look.rows(_LOUD)}


def calm(look: Look) -> dict[Interface, datetime]:
    """Until when an interface was last heard without such a loss."""
    return {interface(row): row["last_seen"] for row in look.rows(_CALM)}


def blind(look: Look) -> dict[Interface, Row]:
    """Interfaces that show nothing but broadcasts, since when and for how many seconds."""
    silent = {interface(row): row for row in look.rows(_SILENT)}
    return {one: row for one, row in silent.items() if row["seconds"] >= (BLIND_S if row["heard_at"] else DEAF_S)}


def heard(look: Look) -> dict[Interface, Row]:
    """When an interface last showed packets between two machines."""
    return {interface(row): row for row in look.rows(_HEARD)}
