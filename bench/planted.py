"""Connections with places outside whose label and parameters are known, to be set among the rows of a hospital's days.

Beacons call as implants do: after every call a pause, shortened by up to the jitter (so the user guide of Cobalt Strike has `sleep`);
intervals from half a minute to four hours, no jitter to a half, calls that fail, all day or in office hours. Data leave at once, in pieces
within a day, or by night. Newcomers are harmless and as regular: they begin after the learning, so that nothing excuses them but what they
are. The rows are those of conn and ssl, which is what detectors of connections read; the addresses those of RFC 2544, which are nobody's.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

Row = dict[str, Any]
HOUR, DAY = 3_600, 86_400
MB = 1_000_000
CLASSES = ("workstation", "server", "modality", "bedside device", "infrastructure")
INTERVALS = (30, 60, 300, 900, 3_600, 14_400)
JITTERS = (0.0, 0.1, 0.3, 0.5)
MISSED = (0.0, 0.1, 0.3)
SIZES = ("constant", "varied")
DUTIES = ("all day", "office hours")
BYTES = (20 * MB, 80 * MB, 300 * MB, 1_000 * MB, 5_000 * MB, 20_000 * MB)
WAYS = ("at once", "in pieces", "by night")
PLACES = ("stranger", "stranger", "stranger", "known")
"""One of four goes to a place that the hospital calls anyway: a cloud."""
THIEVES = 1 / 8
"""The part of the machines that data leave from in one round."""
LINE = 12_500_000
"""Bytes a second that one connection sends at most: 100 Mbit/s."""


@dataclass(frozen=True)
class Place:
    """Where connections go; `name` is what a client asks for in TLS, if it does."""

    address: str
    name: str = ""
    port: int = 443

    @property
    def service(self) -> str:
        return self.name or self.address


@dataclass(frozen=True)
class Planted:
    """Connections of one machine with one place. `label`: beacon, exfiltration, or a newcomer's name; `how`: the parameters."""

    label: str
    source: str
    place: Place
    how: Mapping[str, str]
    rows: list[Row] = field(repr=False)

    @property
    def bad(self) -> bool:
        return self.label in ("beacon", "exfiltration")


class Seeds:
    """Plants of one seed: machines by class, the days (seconds since 1970 at their beginnings), and places that the hospital knows."""

    def __init__(self, seed: int, machines: Mapping[str, Sequence[str]], days: Sequence[int], known: Sequence[Place]) -> None:
        self.dice = random.Random(seed)
        self._machines, self._days, self._known, self._count, self._seed = machines, days, known, 0, seed

    def all(self) -> Iterator[Planted]:
        """A beacon of every machine, an exfiltration of few (a detector learns how much their kind sends), and newcomers of every day."""
        for sort, machines in self._machines.items():
            yield from map(self.beacon, machines)
            yield from map(self.exfiltration, self._some(sort, THIEVES, 2))
        for day in self._days:
            yield from self.newcomers(day)

    def beacon(self, source: str) -> Planted:
        dice, day = self.dice, self.dice.choice(self._days)
        seconds, jitter, missed = dice.choice(INTERVALS), dice.choice(JITTERS), dice.choice(MISSED)
        sizes, duty, place = dice.choice(SIZES), dice.choice(DUTIES), self._place()
        begin, end = (day + dice.uniform(0, 8 * HOUR), day + DAY) if duty == "all day" else (day + 8 * HOUR, day + 18 * HOUR)
        rows: list[Row] = []
        at = begin + dice.uniform(0, seconds)
        while at < end - 30:
            if dice.random() >= missed:
                sent = 900 if sizes == "constant" else round(900 * dice.lognormvariate(0, 0.8))
                rows += self._call(source, place[1], at, dice.uniform(0.05, 2.0), sent, 600)
            at += seconds * (1 - jitter * dice.random())
        how = {"interval": _seconds(seconds), "jitter": f"{jitter:.0%}", "missed": f"{missed:.0%}", "sizes": sizes, "duty": duty}
        return Planted("beacon", source, place[1], how | {"place": place[0]}, rows)

    def exfiltration(self, source: str) -> Planted:
        dice, day = self.dice, self.dice.choice(self._days)
        total, way, place = dice.choice(BYTES), dice.choice(WAYS), self._place()
        if way == "at once":
            spans = [(day + dice.uniform(0, 20 * HOUR), total)]
        elif way == "in pieces":
            begin, hours, count = day + dice.uniform(0, 12 * HOUR), dice.uniform(3, 10), dice.randrange(12, 60)
            spans = [(begin + hours * HOUR * n / count, total // count) for n in range(count)]
        else:
            count = dice.randrange(6, 20)
            each = total // (count * len(self._days))
            spans = [(one + 5 * HOUR * n / count + dice.uniform(0, 60), each) for one in self._days for n in range(count)]
        rows = [row for at, sent in spans for row in self._sending(source, place[1], at, sent)]
        return Planted("exfiltration", source, place[1], {"bytes": _size(total), "way": way, "place": place[0]}, rows)

    def newcomers(self, day: int) -> Iterator[Planted]:
        """What is new in the house on a day, regular or large, and harmless."""
        dice = self.dice
        steady = (
            ("update service", self._some("workstation", 0.3), 3_600, 0.1, 700, 443),
            ("time server", [*self._some("server", 0.3), *self._some("infrastructure", 0.3)], 1_024, 0.02, 48, 123),
            ("telemetry of one kind of device", self._some("bedside device", 0.5), 300, 0.02, 2_000, 443),
            ("telemetry of one device", self._one("modality"), 300, 0.02, 2_000, 443),
            ("appliance that calls home", self._one("infrastructure"), 3_600, 0.02, 4_000, 443),
            ("heartbeat of a server", self._one("server"), 60, 0.0, 300, 443),
        )
        for label, sources, seconds, jitter, sent, port in steady:
            place = self._new(port)
            for source in sources:
                starts = _steady(dice, day, seconds, jitter)
                spoken = "ntp" if port == 123 else "ssl"
                rows = [row for at in starts for row in self._call(source, place, at, 0.2, sent, 4 * sent, spoken)]
                yield Planted(label, source, place, {}, rows)
        for source in self._some("workstation", 0.1):
            rows, place, at = [], self._new(), day + 8 * HOUR
            while at < day + 17 * HOUR:
                at += dice.expovariate(1 / 45) if dice.random() < 0.95 else dice.uniform(600, 3_600)
                rows += self._call(source, place, at, 1.0, round(500 * dice.lognormvariate(0, 1)), 20_000)
            yield Planted("page that is left open", source, place, {}, rows)
        for source in [*self._some("workstation", 0.1), *self._some("server", 0.2)]:
            rows, place, at, mean = [], self._new(), day + 7 * HOUR, dice.choice((120, 600, 1_800))
            while (at := at + dice.expovariate(1 / mean)) < day + 20 * HOUR:
                rows += self._call(source, place, at, 0.2, round(800 * dice.lognormvariate(0, 0.05)), 5_000)
            yield Planted("service asked by chance", source, place, {}, rows)
        for source in self._some("workstation", 0.1):
            place, size = self._new(), round(dice.uniform(5, 400) * MB)
            yield Planted("file sent by a person", source, place, {}, self._sending(source, place, day + dice.uniform(8, 17) * HOUR, size))
        for source in self._one("server"):
            place = self._new()
            yield Planted("new backup to a cloud", source, place, {}, self._sending(source, place, day + HOUR, 2_000 * MB))

    def _some(self, sort: str, share: float, least: int = 1) -> Collection[str]:
        machines = self._machines.get(sort, ())
        return self.dice.sample(machines, min(len(machines), max(least, round(share * len(machines)))))

    def _one(self, sort: str) -> list[str]:
        machines = self._machines.get(sort, ())
        return [self.dice.choice(machines)] if machines else []

    def _place(self) -> tuple[str, Place]:
        how = self.dice.choice(PLACES)
        return (how, self.dice.choice(self._known)) if how == "known" and self._known else ("stranger", self._new())

    def _new(self, port: int = 443) -> Place:
        """A place that nobody knows; every other one has no name."""
        self._count += 1
        name = f"place-{self._seed}-{self._count}.example" if self._count % 2 and port == 443 else ""
        return Place(str(ip_address("198.18.0.0") + self._count), name, port)

    def _sending(self, source: str, place: Place, at: float, sent: int) -> list[Row]:
        """One connection that sends, of which the sensor writes a row after a minute, one an hour and one at its end."""
        length = max(1.0, sent / (LINE * self.dice.uniform(0.2, 1.0)))
        ends = [60.0, *(60.0 + HOUR * n for n in range(1, int(length // HOUR) + 1))]
        back = self.dice.uniform(0.005, 0.03)
        uid = f"C{place.address}-{at}"
        rows = [
            row
            for end in ends
            if end < length
            for row in self._call(
                source, place, at, end, round(sent * end / length), round(sent * end / length * back), uid=uid, interim=True
            )
        ]
        return rows + self._call(source, place, at, length, sent, round(sent * back), uid=uid)

    def _call(
        self,
        source: str,
        place: Place,
        at: float,
        length: float,
        sent: int,
        received: int,
        spoken: str = "ssl",
        uid: str = "",
        interim: bool = False,
    ) -> list[Row]:
        """The row of a connection, and of its TLS handshake where it names whom it wants."""
        uid = uid or f"C{place.address}-{source}-{at}"
        ends = {"id_orig_h": source, "id_resp_h": place.address, "id_resp_p": place.port, "uid": uid} | _number(place.address)
        begin = {"ts": datetime.fromtimestamp(at, UTC), "event_id": f"{uid}-{length}"}
        bytes_ = {"duration": length, "orig_bytes": sent, "resp_bytes": received}
        proto = "udp" if spoken == "ntp" else "tcp"
        row = {"stream": "conn", "proto": proto, "service": spoken, "interim": interim} | ends | begin | bytes_
        named = place.name and not interim
        return [row, {"stream": "ssl", "server_name": place.name} | ends | begin] if named else [row]


def _steady(dice: random.Random, day: int, seconds: float, jitter: float) -> list[float]:
    first = day + dice.uniform(0, seconds)
    return [first + n * seconds + dice.uniform(-jitter, jitter) * seconds for n in range(1, int(DAY / seconds) - 1)]


def _seconds(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min" if seconds < HOUR else f"{seconds // HOUR} h"


def _number(address: str) -> dict[str, int]:
    """An IPv4 address in two halves, as the lake has it (RFC 4291 2.5.5.2)."""
    return {"id_resp_hi": 0, "id_resp_lo": 0xFFFF << 32 | int(ip_address(address))}


def _size(total: int) -> str:
    return f"{total // MB:,} MB"


ORDER: Mapping[str, Sequence[str]] = {
    "interval": [_seconds(one) for one in INTERVALS],
    "jitter": [f"{one:.0%}" for one in JITTERS],
    "missed": [f"{one:.0%}" for one in MISSED],
    "sizes": SIZES,
    "duty": DUTIES,
    "bytes": [_size(one) for one in BYTES],
    "way": WAYS,
    "place": ("stranger", "known"),
}
"""The values of each parameter, as they are told."""
