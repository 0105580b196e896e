"""site.toml: what the hospital itself says of its network. Optional; TOML 1.0.

[[zones]]
name = "radiology"
cidrs = ["10.10.0.0/24"]
vlans = [110]
purpose = "modalities and PACS"
isolated = false                # true: a firewall lets nothing from elsewhere reach it

[[zones]]
name = "servers"
cidrs = ["10.20.0.0/24"]

[[assets]]
address = "10.10.0.20"          # or mac, ae, serial: at least one, and all that are given must fit
name = "MR 1"
kind = "MR"
clinical_class = "monitor"
owner = "radiology"

[[partners]]
name = "teleradiology"
cidrs = ["203.0.113.0/28"]
domains = ["reads.example"]

[[flows]]
from = "radiology"              # zones of this file
to = "servers"
services = ["dicom", "443"]     # as conn.service names them, or ports; left out: all
reason = "images to the archive"

[retention]                     # days that rows are kept; `asepsis lake expire` removes older ones
default = 90
hl7 = 365
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from keyword import iskeyword
from pathlib import Path
from typing import Any

from asepsis.hospital.clinical import CLASSES
from asepsis.hospital.kinds import KINDS
from asepsis.hospital.retention import Retention, stated
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.free_text import free_text

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PRIVATE = tuple(ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"))
"""RFC 1918 section 3, RFC 3927 2.1 (link-local), RFC 4193 3.1 (unique local), RFC 4291 2.5.6."""
MAX_BYTES = 4 << 20
TEXT_MOST = 200
"""A site.toml of 20,000 stated assets is under 4 MiB."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the network with one purpose. `isolated`: a firewall lets nothing from elsewhere reach it; only then does what is wrong
    inside it count as within reach of that zone alone."""

    name: str
    cidrs: tuple[Network, ...] = ()
    vlans: tuple[int, ...] = ()
    purpose: str = ""
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """An asset that the hospital knows. Every one of `address`, `mac`, `ae`, `serial` that is given must fit."""

    address: str = ""
    mac: str = ""
    ae: str = ""
    serial: str = ""
    name: str = ""
    kind: str = ""
    clinical_class: str = ""
    owner: str = ""
    manufacturer: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """Who outside may be talked to."""

    name: str = "partner"
    cidrs: tuple[Network, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """What may pass from one zone to another: conversations that a machine of `from` begins with one of `to`. Where the hospital states
    any flow, all others between its zones are unexpected; where it states none, nobody knows what is."""

    from_: str = ""
    to: str = ""
    services: tuple[str, ...] = ()
    reason: str = ""

    def lets(self, source: str, target: str, services: Iterable[str]) -> bool:
        """Whether it is this flow, by zones and by any of the names or ports that a conversation goes by."""
        return (self.from_, self.to) == (source, target) and (not self.services or not set(self.services).isdisjoint(services))


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole of site.toml; empty where there is none."""

    zones: tuple[Zone, ...] = ()
    assets: tuple[Stated, ...] = ()
    partners: tuple[Partner, ...] = ()
    flows: tuple[Flow, ...] = ()
    retention: Retention = field(default_factory=Retention)

    def inside(self, address: str) -> bool:
        """Whether an address belongs to the hospital: private, link-local, of a zone, or stated."""
        ip = parsed(address)
        if ip is None:
            return False
        return any(ip in n for n in _PRIVATE) or bool(self._zone_of(ip)) or any(a.address == str(ip) for a in self.assets)

    def machine(self, address: str) -> bool:
        """Whether it can be the address of one machine of the hospital: no multicast, broadcast, loopback, link-local or null one."""
        ip = parsed(address)
        if ip is None or ip.is_multicast or ip.is_loopback or ip.is_unspecified or ip.is_link_local or address == "255.255.255.255":
            return False
        return self.inside(address)

    def zone(self, address: str, vlan: int | None = None) -> str:
        """The zone's name, of the narrowest network that holds the address, else of the VLAN, else nothing."""
        ip = parsed(address)
        by_address = self._zone_of(ip) if ip else ""
        return by_address or next((z.name for z in self.zones if vlan is not None and vlan in z.vlans), "")

    def isolated(self, zone: str) -> bool:
        """Whether the hospital states that nothing from elsewhere reaches this zone."""
        return any(z.isolated for z in self.zones if z.name == zone)

    def partner(self, address: str, domain: str = "") -> str:
        """The partner that an outside address or a domain name belongs to, or nothing."""
        ip, name = parsed(address), "." + domain.lower().rstrip(".")
        for p in self.partners:
            if (ip and any(ip in n for n in p.cidrs)) or any(name.endswith("." + d) for d in p.domains):
                return p.name
        return ""

    def flow(self, source: str, target: str, services: Iterable[str]) -> Flow | None:
        """The stated flow that a conversation between two zones is, by any of the names or ports it goes by."""
        names = tuple(services)
        return next((flow for flow in self.flows if flow.lets(source, target, names)), None)

    def _zone_of(self, ip: Address) -> str:
        fits = [(n.prefixlen, z.name) for z in self.zones for n in z.cidrs if ip in n]
        return max(fits)[1] if fits else ""


@lru_cache(maxsize=1 << 17)
def parsed(address: str) -> Address | None:
    """An IP address, or nothing if the text is none; of a place (`tenure.Tenure`) its address."""
    try:
        return ip_address(address.partition("@")[0])
    except ValueError:
        return None


class _Wrong(Exception):
    """A value that is not what it should be, with the way to it: table, number of the table, key."""

    def __init__(self, table: str, nth: int, key: str, said: str) -> None:
        super().__init__(f"{table}{f'.{key}' if key else ''}: {said}")
        self.table, self.nth, self.key = table, nth, key


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a text of 1 to {TEXT_MOST} characters")
    return free_text(value, TEXT_MOST)


def _one_of(words: list[str], value: Any) -> str:
    known = {w.casefold(): w for w in words}
    if _text(value).casefold() not in known:
        raise ValueError(f"'{value}' is none of {', '.join(words)}")
    return known[value.casefold()]


def _address(value: Any) -> str:
    return str(ip_address(_text(value)))


def _mac(value: Any) -> str:
    digits = re.sub(r"[-:.]", "", _text(value)).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError(f"'{value}' is no MAC address such as 00:11:22:33:44:55")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _network(value: Any) -> Network:
    return ip_network(_text(value), strict=False)


def _vlan(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 4094:
        raise ValueError("a VLAN is a number from 0 to 4094 (IEEE 802.1Q 9.6)")
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _domain(value: Any) -> str:
    return _text(value).lower().strip(".*")


def _service(value: Any) -> str:
    if type(value) is int and 0 < value < 65536:
        return str(value)
    return _text(value).lower()


def _list(of: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list in [ ]")
    return tuple(of(v) for v in value)


_Keys = dict[str, Callable[[Any], Any]]
_STATED: _Keys = {
    "address": _address,
    "mac": _mac,
    "ae": _text,
    "serial": _text,
    "name": _text,
    "kind": partial(_one_of, list(KINDS)),
    "clinical_class": partial(_one_of, list(CLASSES)),
    "owner": _text,
    "manufacturer": _text,
    "model": _text,
}
_TABLES: dict[str, tuple[type[Any], _Keys, tuple[str, ...]]] = {
    "zones": (
        Zone,
        {"name": _text, "cidrs": partial(_list, _network), "vlans": partial(_list, _vlan), "purpose": _text, "isolated": _bool},
        ("name",),
    ),
    "assets": (Stated, _STATED, ("address", "mac", "ae", "serial")),
    "partners": (Partner, {"name": _text, "cidrs": partial(_list, _network), "domains": partial(_list, _domain)}, ("cidrs", "domains")),
    "flows": (Flow, {"from": _text, "to": _text, "services": partial(_list, _service), "reason": _text}, ("from", "to")),
}
"""Table -> what it makes, its keys, and those of which at least one is needed (of a flow both)."""
_RETENTION = "retention"
"""The one table that is no list: what stands in it are streams."""


def checked(values: Mapping[str, str]) -> dict[str, str]:
    """What is stated of an asset, in the words of this product. Raises WrongUse."""
    out = {}
    for name, value in values.items():
        try:
            out[name] = str(_STATED[name](value))
        except ValueError as error:
            raise WrongUse(error, f"--{name.replace('_', '-')}") from None
    return out


def read_plan(path: Path) -> Plan:
    """The plan in `path`, empty when there is no such file; BadInput with line and column of what is wrong."""
    try:
        raw = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise BadInput("cannot be read", path, error.strerror) from None
    if len(raw) > MAX_BYTES:
        raise BadInput(f"larger than {MAX_BYTES >> 20} MiB", path, "keep zones, assets and partners in it, nothing else")
    text = raw.decode("utf-8", "replace")
    try:
        return _plan(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        said = str(error).replace(at[0], "") if at else error
        raise BadInput(said, f"{path}:{at[1]}:{at[2]}" if at else path, "mend that line") from None
    except _Wrong as error:
        raise BadInput(error, f"{path}:{_where(text, error)}", "mend that line") from None


def _plan(document: dict[str, Any]) -> Plan:
    made: dict[str, Any] = {}
    for table, entries in document.items():
        if table == _RETENTION:
            made[table] = _retention(entries)
            continue
        if table not in _TABLES:
            raise _Wrong(table, 0, "", f"no such table; there are {', '.join((*_TABLES, _RETENTION))}")
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise _Wrong(table, 0, "", f"write it as [[{table}]]")
        made[table] = tuple(_entry(table, nth, entry) for nth, entry in enumerate(entries))
    _zones_differ(made.get("zones", ()))
    made["flows"] = _between_zones(made.get("flows", ()), made.get("zones", ()))
    return Plan(**made)


def _between_zones(flows: tuple[Flow, ...], zones: tuple[Zone, ...]) -> tuple[Flow, ...]:
    """The flows, their zones written as the zones are; what is stated of a zone that there is not would let nothing pass."""
    names = {zone.name.casefold(): zone.name for zone in zones}
    for nth, flow in enumerate(flows):
        for key, zone in (("from", flow.from_), ("to", flow.to)):
            if not zone:
                raise _Wrong("flows", nth, "", "needs from and to")
            if zone.casefold() not in names:
                raise _Wrong("flows", nth, key, f"'{zone}' is no zone; there are {', '.join(names.values()) or 'none'}")
    return tuple(replace(flow, from_=names[flow.from_.casefold()], to=names[flow.to.casefold()]) for flow in flows)


def _retention(entries: Any) -> Retention:
    if not isinstance(entries, dict):
        raise _Wrong(_RETENTION, 0, "", f"write it as [{_RETENTION}]")
    from asepsis.lake.service import streams

    known, days = streams(), []
    for key, value in entries.items():
        try:
            days.append((key, stated(key, value, known)))
        except ValueError as error:
            raise _Wrong(_RETENTION, 0, key, str(error)) from None
    return Retention(tuple(days))


def _zones_differ(zones: tuple[Zone, ...]) -> None:
    """A zone is known by its name: what is stated of one must not hold for another."""
    names: set[str] = set()
    for nth, zone in enumerate(zones):
        if zone.name.casefold() in names:
            raise _Wrong("zones", nth, "name", f"'{zone.name}' names a zone above already; a zone may have many cidrs and vlans")
        names.add(zone.name.casefold())


def _entry(table: str, nth: int, entry: dict[str, Any]) -> Any:
    make, keys, needed = _TABLES[table]
    values = {}
    for key, value in entry.items():
        if key not in keys:
            raise _Wrong(table, nth, key, f"no such key; there are {', '.join(keys)}")
        try:
            values[f"{key}_" if iskeyword(key) else key] = keys[key](value)
        except ValueError as error:
            raise _Wrong(table, nth, key, str(error)) from None
    if not any(key in entry for key in needed):
        raise _Wrong(table, nth, "", f"needs {' or '.join(needed)}")
    return make(**values)


def _where(text: str, wrong: _Wrong) -> str:
    """Line and column of a key's value, from 1. The TOML parser keeps none, so: the n-th heading of that table, then the key below it."""
    lines = text.splitlines()
    heads = [i for i, line in enumerate(lines) if re.match(rf"\s*\[\[?\s*{re.escape(wrong.table)}\s*\]", line)]
    start = heads[wrong.nth] if wrong.nth < len(heads) else 0
    for i in range(start + 1, len(lines)):
        if lines[i].lstrip().startswith("[[") and heads:
            break
        found = re.match(rf"\s*[\"']?{re.escape(wrong.key or wrong.table)}[\"']?\s*=\s*", lines[i])
        if found:
            return f"{i + 1}:{found.end() + 1}"
    return f"{start + 1}:1"
