"""What a topology file may not say: every mistake with its place, before anything is built of it. Raised as ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from topology import Host, Topology, Zone

Placed = TypeVar("Placed", "Zone", "Host")

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 1123 2.1
NAME, DOMAIN = re.compile(LABEL), re.compile(rf"{LABEL}(?:\.{LABEL})*")
MAC = re.compile(r"[0-9a-f][02468ace](?::[0-9a-f]{2}){5}", re.IGNORECASE)  # of one card: IEEE 802 8.2
ZONE_LETTERS, HOST_LETTERS = 12, 13
"""What an interface's name has room for (15 characters in Linux) beside what it begins with."""
TAKEN = ("router", "sensor")
"""Names that are no host's: the router between the zones, and where the mirror port is."""
OTHER_KINDS = ("jump host",)
"""Kinds that a hospital has and the inventory does not know."""
MOST_PORT = 65_535


def text(value: object) -> bool:
    return isinstance(value, str) and (value == "" or value.isprintable())


def _all(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, (list, tuple)) and all(map(check, value))


FITS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "str": ("text of one line", text),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "tuple[str, ...]": ("a list of texts", _all(text)),
    "tuple[int, ...]": (f"a list of ports, 1 to {MOST_PORT}", _all(lambda value: type(value) is int and 0 < value <= MOST_PORT)),
}
"""By how a field is declared: what it is in words, and whether a value is that."""


def made(what: type, row: object, place: str, toml: dict[str, str]) -> Any:
    """A row of the file as a dataclass; `toml`: fields that the file calls otherwise."""
    if not isinstance(row, dict):
        raise ValueError(f"{place} is no table")
    place += f" ({row['name']})" if text(row.get("name", 0)) else ""
    known = {toml.get(field.name, field.name): field for field in fields(what)}
    for key, value in row.items():
        if key not in known:
            raise ValueError(f"{place}: {key} is none of {', '.join(sorted(known))}")
        words, fits = FITS[str(known[key].type)]
        if not fits(value):
            raise ValueError(f"{place}: {key} is not {words}")
    if lacking := [key for key, field in known.items() if field.default is MISSING and key not in row]:
        raise ValueError(f"{place}: {lacking[0]} is missing")
    return what(**{known[key].name: tuple(value) if isinstance(value, list) else value for key, value in row.items()})


def check(topology: Topology) -> None:
    """Whether the hospital can be built."""
    if not DOMAIN.fullmatch(topology.domain):
        raise ValueError(f"domain: {topology.domain} is no domain's name")
    _zones(topology.zones)
    _hosts(topology)
    _names(topology)


def _zones(zones: Iterable[Zone]) -> None:
    nets = list[tuple[IPv4Network, str]]()
    for place, zone in _places("zones", zones):
        _name(place, zone.name)
        try:
            net = IPv4Network(zone.cidr)
        except ValueError as error:
            raise ValueError(f"{place}: cidr: {error}") from error
        if not 8 <= net.prefixlen <= 30:
            raise ValueError(f"{place}: cidr: {zone.cidr} has no room for a router and hosts, or is too large: /8 to /30")
        nets.append((net, zone.name))
    _once("zones", zones, "name", lambda zone: zone.name)
    _once("zones", zones, f"first {ZONE_LETTERS} letters of a name", lambda zone: zone.name[:ZONE_LETTERS])
    for (low, first), (high, second) in pairwise(sorted(nets)):
        if low.overlaps(high):
            raise ValueError(f"[[zones]]: {first} and {second} overlap: {low} and {high}")


def _hosts(topology: Topology) -> None:
    zones, kinds = {zone.name: zone for zone in topology.zones}, _kinds()
    for place, one in _places("hosts", topology.hosts):
        _name(place, one.name)
        if one.name in TAKEN or one.name in zones:
            raise ValueError(f"{place}: name: {one.name} is what {'a zone' if one.name in zones else 'something else'} is called")
        if one.zone not in zones:
            raise ValueError(f"{place}: {one.name} stands in zone {one.zone}, which is not stated")
        for address in (one.address, *one.also):
            _address(place, address, zones[one.zone])
        if not MAC.fullmatch(one.mac):
            raise ValueError(f"{place}: mac: {one.mac} is no address of a card, such as 02:00:0a:1e:0a:0b")
        if one.kind not in kinds:
            raise ValueError(f"{place}: kind: {one.kind} is none of {', '.join(sorted(kinds))}")
        if strange := [name for name in one.names if not DOMAIN.fullmatch(name)]:
            raise ValueError(f"{place}: names: {strange[0]} is no name of a host")
    _once("hosts", topology.hosts, "name", lambda one: one.name)
    _once("hosts", topology.hosts, f"first {HOST_LETTERS} letters of a name", lambda one: one.name[:HOST_LETTERS])
    _once("hosts", topology.hosts, "address", lambda one: one.address)
    _once("hosts", topology.hosts, "mac", lambda one: one.mac.lower())


def _names(topology: Topology) -> None:
    hosts = {one.name for one in topology.hosts}
    places = hosts | {zone.name for zone in topology.zones}
    if topology.nameserver not in hosts:
        raise ValueError(f"nameserver: {topology.nameserver} is no host")
    for number, one in enumerate(topology.passes, 1):
        if strange := [name for name in (*one.begins, *one.ends) if name not in places]:
            raise ValueError(f"[[passes]] {number}: {strange[0]} is neither a zone nor a host")
    for number, fault in enumerate(topology.faults, 1):
        if strange := [name for name in fault.hosts if name not in hosts]:
            raise ValueError(f"[[faults]] {number} ({fault.check}): {strange[0]} is no host")


def _places(table: str, rows: Iterable[Placed]) -> Iterator[tuple[str, Placed]]:
    return ((f"[[{table}]] {number} ({one.name})", one) for number, one in enumerate(rows, 1))


def _name(place: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(f"{place}: name: letters, digits and hyphens within, at most 63")


def _address(place: str, told: str, zone: Zone) -> None:
    try:
        address = IPv4Address(told)
    except ValueError as error:
        raise ValueError(f"{place}: address: {error}") from error
    if address not in zone.net:
        raise ValueError(f"{place}: address: {told} does not lie in {zone.cidr} of {zone.name}")
    if address in (zone.net[0], zone.net[1], zone.net[-1]):
        raise ValueError(f"{place}: address: {told} is the router's, or the net's own: {zone.net[2]} to {zone.net[-2]} are free")


def _once(table: str, rows: Iterable[Placed], what: str, of: Callable[[Placed], str]) -> None:
    seen = dict[str, str]()
    for place, one in _places(table, rows):
        if (value := of(one)) in seen:
            raise ValueError(f"{place} and {seen[value]}: two {table} have the {what} {value}")
        seen[value] = place


def _kinds() -> set[str]:
    from asepsis.hospital.kinds import KINDS

    return {*KINDS, *OTHER_KINDS}
