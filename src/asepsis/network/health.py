"""What a mirror port leaves out, doubles or spoils, by the sensor's own counters; each with what to mend at the switch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asepsis.findings.service import Lake, rows

from .hearing import BLIND_S, OVERLOAD

LOOK_BACK = timedelta(hours=24)
"""Of the time before the last row: what was mended yesterday does not trouble today."""

SUMMED = (
    "pkts_proc",
    "bytes_recv",
    "pkts_dropped",
    "unicast",
    "truncated",
    "giants",
    "copies",
    "routed_copies",
    "late",
    "wrong_stamps",
    "clock_steps",
    "checksums",
    "wrong_checksums",
    "undecoded",
    "other",
    "conns",
    "one_way",
    "midstream",
    "vlan_one_way",
    "missed_bytes",
    "conn_bytes",
    "evicted",
    "duration",
)
_FIGURES = f"""
    select sensor, interface, {{span}}, {", ".join(f"sum({name}) as {name}" for name in SUMMED)} from stats
    where ts > (select max(ts) from stats) - interval '{LOOK_BACK.total_seconds():.0f}' second group by sensor, interface
"""  # noqa: S608 - names of ours

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with what the sensor is shown: how often, of how many, what that means, what mends it."""

    id: str
    title: str
    count: int
    of: int
    means: str
    mend: str

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """What one interface (empty: captures) heard from `first_seen` to `last_seen`, and what is wrong with it, the gravest first."""

    sensor: str
    interface: str
    first_seen: datetime
    last_seen: datetime
    packets: int
    bytes: int
    dropped: int | None
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class _Sign:
    """How a trouble shows: more than `share` of what `of` counts, and at least `least` times."""

    id: str
    title: str
    count: str
    of: Callable[[Figures], float]
    share: float
    least: int
    means: str
    mend: str


def _packets(figures: Figures) -> float:
    return figures["pkts_proc"]


def _conns(figures: Figures) -> float:
    return figures["conns"]


_SIGNS = (
    _Sign(
        "overloaded", "Packets come faster than they are read", "pkts_dropped", lambda f: f["pkts_proc"] + f["pkts_dropped"], OVERLOAD, 1,
        "What is dropped is not watched; conversations break.",
        "More rings (`asepsis network watch --rings`), larger ones (`--ring`), or leave backup and video out of the mirror.",
    ),
    _Sign(
        "lost_before", "Bytes are lost before they reach the sensor", "missed_bytes", lambda f: f["conn_bytes"], 0.001, 1,
        "The mirror port carries less than what is mirrored to it: two full directions do not fit into one link.",
        "Mirror fewer ports or one direction of each to this port, or use a faster one; at a tap, connect both outputs.",
    ),
    _Sign(
        "one_way", "Only one side of conversations is shown", "one_way", _conns, 0.1, 3,
        "Answers are not seen, so neither errors nor what was given away.",
        "Mirror both directions (rx and tx) of the session; where ways there and back differ, mirror both ways to this sensor.",
    ),
    _Sign(
        "midstream", "Connections are met midway although the sensor listened", "midstream", _conns, 0.2, 3,
        "Handshakes pass elsewhere: titles, versions and certificates are not seen.",
        "Two ways lead through this network (trunk, redundant router): mirror every link of it to the sensor.",
    ),
    _Sign(
        "copies", "Packets come twice", "copies", _packets, 0.01, 10,
        "The same packet is mirrored where it enters and where it leaves. It is counted once here, but fills the mirror port.",
        "Mirror one direction (rx) of each port, or the VLAN instead of its ports.",
    ),
    _Sign(
        "routed_copies", "Packets come before and behind a router", "routed_copies", _packets, 0.01, 10,
        "Both sides of a router are mirrored. Packets are counted once here, but fill the mirror port.",
        "Mirror one side of the router only, best the one of the devices, where hardware addresses tell machines apart.",
    ),
    _Sign(
        "vlan_one_way", "Only one direction carries its VLAN", "vlan_one_way", _conns, 0.1, 3,
        "The switch takes the tag off one direction. Conversations are put together all the same.",
        "Keep tags in the mirror session (`encapsulation replicate`, or a destination port as trunk).",
    ),
    _Sign(
        "truncated", "Packets are cut", "truncated", _packets, 0.0, 1,
        "The end of messages is missing, so they are counted but not understood.",
        "Capture whole packets (snap length 0 or 262144; at the switch no `truncate` in the session).",
    ),
    _Sign(
        "giants", "Packets are larger than any network carries", "giants", _packets, 0.0, 1,
        "The network card puts packets together, or the capture comes from the sending machine itself.",
        "`ethtool -K INTERFACE gro off lro off tso off gso off` on the machine that captures.",
    ),
    _Sign(
        "wrong_checksums", "Checksums do not hold", "wrong_checksums", lambda f: f["checksums"], 0.05, 2,
        "The capture comes from the sending machine, whose card fills them in later; else a link damages packets.",
        "Capture at the switch, or `ethtool -K INTERFACE tx off rx off`; else look at the error counters of the switch ports.",
    ),
    _Sign(
        "late", "Packets come seconds after later ones", "late", _packets, 0.0001, 10,
        "Interfaces or sensors that are read together have clocks that do not agree.",
        "Set the clocks of all capturing machines by NTP or PTP.",
    ),
    _Sign(
        "wrong_stamps", "Packets carry times that cannot be", "wrong_stamps", _packets, 0.0, 1,
        "They count at the time of the packet before.", "Look at the clock and the time stamping of the capturing card.",
    ),
    _Sign(
        "clock_steps", "The clock was set back", "clock_steps", _packets, 0.0, 1,
        "The order of what happened is not certain.", "Let NTP slew the clock of the capturing machine instead of setting it.",
    ),
    _Sign(
        "undecoded", "Packets cannot be read", "undecoded", _packets, 0.01, 10,
        "Fragments that never become whole, or headers that cannot be: often a mirror that drops.",
        "Look at the error counters of the mirror port; keep fragments in the mirror.",
    ),
    _Sign(
        "evicted", "More connections at once than the sensor holds", "evicted", lambda f: max(f["conns"], f["evicted"]), 0.0, 1,
        "A flood or a scan: the connections that were silent longest were ended early.",
        "Look at the worklist for the flood; else split the mirror over several sensors.",
    ),
)  # fmt: skip

_BLIND = (
    "No packet between two machines is shown",
    "Only what every port hears arrives, or nothing: this is no mirror, or it is switched off.",
    "Check the cable, and at the switch the mirror session to this port: its sources, both directions, its destination.",
)


def health(lake: Lake) -> list[Health]:
    """What every interface heard in the last day of the lake; empty if nothing was heard at all."""
    return sorted((of_sums(row) for row in rows(lake, _FIGURES)), key=lambda one: (one.sensor, one.interface))


def of_sums(row: Mapping[str, Any]) -> Health:
    """What one interface heard: `sensor`, `interface`, `first_seen`, `last_seen` and the sums of the counters SUMMED."""
    figures = {name: float(row[name] or 0) for name in SUMMED}
    return Health(
        row["sensor"],
        row["interface"] or "",
        row["first_seen"],
        row["last_seen"],
        int(figures["pkts_proc"]),
        int(figures["bytes_recv"]),
        None if row["pkts_dropped"] is None else int(row["pkts_dropped"]),
        tuple(_troubles(figures, live=bool(row["interface"]))),
    )


def _troubles(figures: Figures, live: bool) -> Iterator[Trouble]:
    if live and not figures["unicast"] and figures["duration"] >= BLIND_S:
        title, means, mend = _BLIND
        yield Trouble("blind", title, int(figures["pkts_proc"]), int(figures["pkts_proc"]), means, mend)
    for sign in _SIGNS:
        count, of = figures[sign.count], sign.of(figures)
        if count >= sign.least and count > sign.share * of:
            yield Trouble(sign.id, sign.title, int(count), int(of), sign.means, sign.mend)
