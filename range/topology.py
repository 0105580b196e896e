"""The hospital as its topology file states it: zones, hosts, what the router lets pass, the faults that are planted."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import mistakes
from lan import RangeError

DEFAULT = Path(__file__).with_name("topology.toml")
MOST_HOSTS = 1000
FIRST_YEAR, LAST_YEAR = 1970, 2105
ROUTER = "router"
_TOML = {"begins": "from", "ends": "to"}
"""What the file calls a field otherwise."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the network with one purpose, on a switch of its own. `outside`: not the hospital's."""

    name: str
    cidr: str
    purpose: str = ""
    outside: bool = False

    @property
    def net(self) -> IPv4Network:
        return IPv4Network(self.cidr)

    @property
    def gateway(self) -> str:
        return str(self.net[1])

    @property
    def gateway_mac(self) -> str:
        """A locally administered address (IEEE 802 8.4) that repeats the IP address: a reader of the capture finds its way."""
        return "02:00:" + ":".join(f"{part:02x}" for part in self.net[1].packed)

    @property
    def bridge(self) -> str:
        """The switch's interface; Linux allows 15 characters."""
        return "sw-" + self.name[: mistakes.ZONE_LETTERS]


@dataclass(frozen=True, slots=True)
class Host:
    """One machine with one card. `kind`: what an inventory ought to call it. `heavy`: left out of the quick hospital.
    `light`: it only sends. `rogue`: an attacker's, silent until a scenario uses it. `also`: addresses that it has at times.
    `stated`: site.toml says what it is. `partner`: outside, and site.toml names it."""

    name: str
    zone: str
    address: str
    mac: str
    kind: str = "unknown"
    maker: str = ""
    model: str = ""
    software: str = ""
    serial: str = ""
    ae: str = ""
    implementation: str = ""
    toolkit: str = ""
    hl7: str = ""
    dhcp: str = ""
    names: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    heavy: bool = False
    light: bool = False
    rogue: bool = False
    also: tuple[str, ...] = ()
    stated: bool = False
    partner: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """What the router lets through, from zones or hosts to zones or hosts; `ports` of TCP and UDP, none for all."""

    begins: tuple[str, ...]
    ends: tuple[str, ...]
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A posture fault that the hospital has on purpose: the check that must find it, on which hosts, and how it comes about."""

    check: str
    hosts: tuple[str, ...]
    why: str = ""
    heavy: bool = False


@dataclass(frozen=True)
class Topology:
    """The whole hospital."""

    domain: str
    date: date
    nameserver: str
    zones: tuple[Zone, ...]
    hosts: tuple[Host, ...]
    passes: tuple[Pass, ...]
    faults: tuple[Fault, ...]

    @cached_property
    def by_name(self) -> dict[str, Host]:
        return {one.name: one for one in self.hosts}

    @cached_property
    def zone_of(self) -> dict[str, Zone]:
        zones = {zone.name: zone for zone in self.zones}
        return {one.name: zones[one.zone] for one in self.hosts}

    def host(self, name: str) -> Host:
        if name not in self.by_name:
            raise RangeError(f"no host {name} in this hospital: `range status` names them")
        return self.by_name[name]

    def address(self, name: str) -> str:
        return self.host(name).address

    def having(self, service: str) -> list[Host]:
        return [one for one in self.hosts if service in one.services]

    def of_kind(self, *kinds: str) -> list[Host]:
        """Hosts inside the hospital of these kinds."""
        return [one for one in self.hosts if one.kind in kinds and not self.zone_of[one.name].outside]

    def site_toml(self) -> str:
        """What the hospital says of itself to asepsis: its zones, few of its machines, whom it works with outside."""
        inside = [zone for zone in self.zones if not zone.outside]
        told = [f'[[zones]]\nname = "{zone.name}"\ncidrs = ["{zone.cidr}"]\npurpose = {_quoted(zone.purpose)}\n' for zone in inside]
        told += [f'[[assets]]\naddress = "{one.address}"\nname = "{one.name}"\nkind = "{one.kind}"\n' for one in self.hosts if one.stated]
        told += [f'[[partners]]\nname = {_quoted(one.partner)}\ncidrs = ["{one.address}/32"]\n' for one in self.hosts if one.partner]
        return "\n".join(told)

    def quick(self) -> Topology:
        """The hospital without what takes long to start: no Samba, no domain."""
        return replace(
            self,
            hosts=tuple(one for one in self.hosts if not one.heavy),
            faults=tuple(fault for fault in self.faults if not fault.heavy),
        )

    def with_hosts(self, count: int) -> Topology:
        """At least so many hosts inside the hospital: workplaces and bedside monitors that only send."""
        inside = [one for one in self.hosts if not self.zone_of[one.name].outside and not one.rogue]
        if not 0 <= count <= MOST_HOSTS:
            raise RangeError(f"--hosts {count}: from 0 to {MOST_HOSTS}")
        larger = replace(self, hosts=(*self.hosts, *_light(self, count - len(inside))))
        try:
            mistakes.check(larger)
        except ValueError as error:
            raise RangeError(f"--hosts {count}: {error}") from error
        return larger


def _quoted(text: str) -> str:
    """As TOML writes it: JSON's way is one of TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _light(topology: Topology, count: int) -> list[Host]:
    """Workplaces and monitors, turn about, in zones of /24 nets from .110 on; as many zones as there is room for."""
    zones = {zone.name: zone for zone in topology.zones}
    turns = [("wards", "ward-pc", "workstation", "e4:46:b0"), ("intensive-care", "bed", "patient monitor", "00:09:fb")]
    turns += [("administration", "adm-pc", "workstation", "e4:46:b0"), ("laboratory", "lab-pc", "workstation", "e4:46:b0")]
    made = list[Host]()
    for number in range(max(count, 0)):
        zone, stem, kind, prefix = turns[number % len(turns)]
        place = 110 + number // len(turns)
        if place > 250:
            raise RangeError(f"--hosts: no room for more than {len(topology.hosts) + len(made)} hosts in /24 zones")
        if zone not in zones or zones[zone].net.num_addresses <= place:
            raise RangeError(f"--hosts: more of them stand in {', '.join(stem[0] for stem in turns)}: {zone} is no zone of a /24 net here")
        address = zones[zone].net[place]
        mac = f"{prefix}:01:{address.packed[2]:02x}:{address.packed[3]:02x}"
        made.append(Host(f"{stem}{place}", zone, str(address), mac, kind, maker="Philips" if stem == "bed" else "", light=True))
    return made


def known_date(day: date) -> date:
    """The day itself, if its packets' time can be written: a pcap file counts seconds from 1970 in 32 bits.

    Raises:
        ValueError: it cannot.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a day is one of {FIRST_YEAR} to {LAST_YEAR}")
    return day


def load(path: Path = DEFAULT) -> Topology:
    """Read and check a topology file.

    Raises:
        RangeError: the file cannot be read, or says something that cannot be built; the text says where.
    """
    try:
        return _read(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise RangeError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise RangeError(f"{path}: {error}") from error


def _read(stated: dict[str, Any]) -> Topology:
    known = [field.name for field in fields(Topology)]
    if lacking := [key for key in known if key not in stated and key not in ("passes", "faults")]:
        raise ValueError(f"{lacking[0]} is missing")
    if strange := [key for key in stated if key not in known]:
        raise ValueError(f"{strange[0]} is none of {', '.join(known)}")
    for key in ("domain", "nameserver"):
        if not mistakes.text(stated[key]):
            raise ValueError(f"{key} is not text of one line")
    if type(stated["date"]) is not date:
        raise ValueError("date is not a day, written 2026-03-02 without quotes")
    topology = Topology(
        domain=stated["domain"],
        date=known_date(stated["date"]),
        nameserver=stated["nameserver"],
        zones=_rows(Zone, stated, "zones"),
        hosts=_rows(Host, stated, "hosts"),
        passes=_rows(Pass, stated, "passes"),
        faults=_rows(Fault, stated, "faults"),
    )
    mistakes.check(topology)
    return topology


def _rows(what: type, stated: dict[str, Any], table: str) -> tuple[Any, ...]:
    rows = stated.get(table, [])
    if not isinstance(rows, list):
        raise ValueError(f"{table} is no list of tables: each begins with [[{table}]]")
    if len(rows) > MOST_HOSTS:
        raise ValueError(f"[[{table}]]: {len(rows)} of them, at most {MOST_HOSTS}")
    return tuple(mistakes.made(what, row, f"[[{table}]] {number}", _TOML) for number, row in enumerate(rows, 1))
