"""The hospital as its topology file states it: zones, hosts, what the router lets pass, the faults that are planted."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from ipaddress import IPv4Network, ip_address, ip_network
from pathlib import Path
from typing import Any

from lan import RangeError

DEFAULT = Path(__file__).with_name("topology.toml")
MOST_HOSTS = 1000
FIRST_YEAR, LAST_YEAR = 1970, 2105
ROUTER = "router"


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
        return "sw-" + self.name[:12]


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
        told = [f'[[zones]]\nname = "{zone.name}"\ncidrs = ["{zone.cidr}"]\npurpose = "{zone.purpose}"\n' for zone in inside]
        told += [f'[[assets]]\naddress = "{one.address}"\nname = "{one.name}"\nkind = "{one.kind}"\n' for one in self.hosts if one.stated]
        told += [f'[[partners]]\nname = "{one.partner}"\ncidrs = ["{one.address}/32"]\n' for one in self.hosts if one.partner]
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
        return replace(self, hosts=(*self.hosts, *_light(self, count - len(inside))))


def _light(topology: Topology, count: int) -> list[Host]:
    """Workplaces and monitors, turn about, in zones of /24 nets from .110 on; as many zones as there is room for."""
    zones = {zone.name: zone for zone in topology.zones}
    turns = [("wards", "ward-pc", "workstation", "e4:46:b0"), ("intensive-care", "bed", "patient monitor", "00:09:fb")]
    turns += [("administration", "adm-pc", "workstation", "e4:46:b0"), ("laboratory", "lab-pc", "workstation", "e4:46:b0")]
    made = []
    for number in range(max(count, 0)):
        zone, stem, kind, prefix = turns[number % len(turns)]
        place = 110 + number // len(turns)
        if place > 250:
            raise RangeError(f"--hosts: no room for more than {len(topology.hosts) + len(made)} hosts in /24 zones")
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
        stated = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RangeError(f"{path}: {error}") from error
    try:
        topology = Topology(
            domain=stated["domain"],
            date=stated["date"],
            nameserver=stated["nameserver"],
            zones=tuple(_made(Zone, row, "zones") for row in stated["zones"]),
            hosts=tuple(_made(Host, row, "hosts") for row in stated["hosts"]),
            passes=tuple(Pass(tuple(row["from"]), tuple(row["to"]), tuple(row.get("ports", ()))) for row in stated.get("passes", ())),
            faults=tuple(_made(Fault, row, "faults") for row in stated.get("faults", ())),
        )
    except KeyError as error:
        raise RangeError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise RangeError(f"{path}: {error}") from error
    try:
        _check(topology, path)
    except ValueError as error:
        raise RangeError(f"{path}: {error}") from error
    return topology


def _made(what: type, row: dict[str, Any], table: str) -> Any:
    known = {field.name for field in fields(what)}
    if unknown := set(row) - known:
        raise ValueError(f"[[{table}]] {row.get('name', '')}: {sorted(unknown)[0]} is none of {', '.join(sorted(known))}")
    return what(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})


def _check(topology: Topology, path: Path) -> None:
    zones = {zone.name: zone for zone in topology.zones}
    for zone in topology.zones:
        ip_network(zone.cidr)
    for key in ("name", "address", "mac"):
        values = [getattr(one, key) for one in topology.hosts]
        if twice := next((value for value in values if values.count(value) > 1), None):
            raise RangeError(f"{path}: two hosts have the {key} {twice}")
    for one in topology.hosts:
        if one.zone not in zones:
            raise RangeError(f"{path}: {one.name} stands in zone {one.zone}, which is not stated")
        if ip_address(one.address) not in zones[one.zone].net:
            raise RangeError(f"{path}: {one.name}: {one.address} does not lie in {zones[one.zone].cidr} of {one.zone}")
    places = {*zones, *(one.name for one in topology.hosts)}
    told = [name for one in topology.passes for name in (*one.begins, *one.ends)]
    told += [topology.nameserver, *(name for fault in topology.faults for name in fault.hosts)]
    if strange := next((name for name in told if name not in places), None):
        raise RangeError(f"{path}: {strange} is neither a zone nor a host")
