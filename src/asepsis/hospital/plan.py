"""What the hospital states of its network, as the rest of the product asks after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from asepsis.hospital.retention import Retention
from asepsis.hospital.site_values import PRIVATE, Network

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the network with one purpose, by nets, VLANs or both. `isolated`: a firewall lets nothing from elsewhere reach it; only
    then, and as long as nothing was seen to, does what is wrong inside it count as within reach of that zone alone."""

    name: str
    cidrs: tuple[Network, ...] = ()
    vlans: tuple[int, ...] = ()
    purpose: str = ""
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """An asset that the hospital knows. It is the one that every one of `address`, `mac`, `ae`, `serial` that is given fits; else the one
    that the strongest of them fits (`serial`, `mac`, then `address`, then `ae`), and what does not fit is a finding."""

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
    """Who outside may be talked to, by nets, domains or both."""

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
        return any(ip in n for n in PRIVATE) or bool(self._zone_of(ip)) or any(a.address == str(ip) for a in self.assets)

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

    def holds(self, zone: str, address: str) -> bool:
        """Whether a net of the zone holds the address; that of another may be narrower."""
        ip = parsed(address)
        return ip is not None and any(ip in n for z in self.zones if z.name == zone for n in z.cidrs)

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
