"""Who talks: an address in the traffic as the asset that it is, or as itself when that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from asepsis.hospital.service import STATED, Asset, Locator, address_of, told_kind, within

from .harm import ClinicalClass, ordering_class
from .ssvc import Exposure

# Addresses that never are the internet's: RFC 1918, RFC 6598 (carrier NAT), RFC 3927 and RFC 4291 (link-local), loopback, multicast and
# broadcast, RFC 4193 (unique local). Documentation networks count as internet, as a range or an exercise uses them so.
_NEVER_OUTSIDE = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
        *("224.0.0.0/4", "240.0.0.0/4", "::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
    )
)
# Servers whose pages are read by those who treat.
_PORTALS = frozenset({"EHR", "RIS", "LIS", "PACS", "archive", "worklist broker", "treatment planning", "central station", "pump server"})
# Addresses that stand beside a name.
_ADDRESSES = 5
_GRAVEST = (ClinicalClass.LIFE, ClinicalClass.MONITOR, ClinicalClass.UNKNOWN, ClinicalClass.SUPPORT, ClinicalClass.NONE)


@lru_cache(maxsize=1 << 17)
def public(address: str) -> bool:
    """Whether an address may be the internet's."""
    try:
        ip = ip_address(address_of(address))
    except ValueError:
        return False
    return not any(ip in network for network in _NEVER_OUTSIDE)


def public_sql(end: str) -> str:
    """The condition that the address of `end` (`id_orig`, `id_resp`) may be the internet's, by its numbers."""
    return f"(({_high(end)}) or ({_low(end)}))"


def public_rows(stream: str, end: str) -> str:
    """The rows of a stream that fulfil it, as a table of a query. Each half of them asks one column at a time, which the engine does
    before it fetches the others: of a hundred million rows few are left."""
    return f"(select * from {stream} where {_high(end)} union all select * from {stream} where {_low(end)})"  # noqa: S608 - names of ours


def _high(end: str) -> str:
    """Told by the upper half: IPv6, without what is mapped or local in it."""
    never = (n for n in _NEVER_OUTSIDE if n.version == 6 and n.prefixlen <= 64)
    return f"{end}_hi <> 0 and {_none_of(f'{end}_hi', ((_half(n[0], 64), _half(n[-1], 64)) for n in never))}"


def _low(end: str) -> str:
    """Told by the lower half: IPv4."""
    never = (n for n in _NEVER_OUTSIDE if n.version == 4 or n.prefixlen > 64)
    return f"{end}_hi = 0 and {_none_of(f'{end}_lo', ((_half(n[0], 0), _half(n[-1], 0)) for n in never))}"


def _none_of(column: str, spans: Iterable[tuple[int, int]]) -> str:
    cases = " ".join(f"when {column} between {first} and {last} then false" for first, last in spans)
    return f"case {cases} else {column} is not null end"


def _half(address: IPv4Address | IPv6Address, shift: int) -> int:
    """64 bits of an address as the lake has them: IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), the halves signed."""
    number = int(address) | (0xFFFF << 32 if address.version == 4 else 0)
    half = number >> shift & 0xFFFFFFFFFFFFFFFF
    return half - (1 << 64) if half >> 63 else half


def _stands_in(address: str, name: str) -> bool:
    return re.search(rf"(?<![\w.:]){re.escape(address)}(?![\w:]|\.\w)", name) is not None


def large(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Party:
    """One side of a conversation. `assets` are several, or none, when the place (an address at a time) cannot tell; then `key` is that."""

    place: str
    assets: tuple[Asset, ...]

    @property
    def asset(self) -> Asset | None:
        return self.assets[0] if len(self.assets) == 1 else None

    @property
    def key(self) -> str:
        return self.asset.id if self.asset else self.place

    @property
    def address(self) -> str:
        return address_of(self.place)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(asset.id for asset in self.assets)

    @property
    def name(self) -> str:
        if self.asset:
            return within(self.asset) or f"the device at {self.address}"
        if any(asset.behind for asset in self.assets):
            return f"a device behind {self.address}"
        return f"one of {len(self.assets)} devices at {self.address}" if self.assets else f"the device at {self.address}"

    @property
    def opening(self) -> str:
        """The name as a title begins with it."""
        return large((self.asset and self.asset.name) or self.name)

    @property
    def begins(self) -> str:
        """The name as a sentence begins with it."""
        return large(self.name)

    @property
    def placed(self) -> str:
        """The name with the address, if that does not stand in it."""
        return self.seen_at((self.address,))

    @property
    def placed_opening(self) -> str:
        return large(self.placed)

    def seen_at(self, addresses: Iterable[object]) -> str:
        """The name with those of the addresses that do not stand in it."""
        others = ", ".join([str(address) for address in addresses if not _stands_in(str(address), self.name)][:_ADDRESSES])
        return f"{self.name} ({others})" if others else self.name

    def on(self, port: object) -> str:
        """The same with a port: `PACS (192.0.2.7, port 443)`."""
        return f"{self.placed.removesuffix(')')}, port {port})" if self.placed.endswith(")") else f"{self.placed} (port {port})"

    @cached_property
    def kind(self) -> str:
        kinds = {asset.kind for asset in self.assets}
        return kinds.pop() if len(kinds) == 1 else ""

    @property
    def kind_told(self) -> str:
        """The kind as it is told: `possible scanner` where little speaks for it."""
        kinds = {told_kind(asset) for asset in self.assets}
        return kinds.pop() if len(kinds) == 1 else self.kind

    @property
    def zone(self) -> str:
        zones = {asset.zone for asset in self.assets}
        return zones.pop() if len(zones) == 1 else ""

    @cached_property
    def clinical_class(self) -> ClinicalClass:
        """Of several, the one that matters most to a patient."""
        known = {asset.clinical_class for asset in self.assets} or {"unknown"}
        return next((c for c in _GRAVEST if c in known), ClinicalClass.UNKNOWN)

    @property
    def clinical(self) -> bool:
        """Unknown may be a device, so only what is known to be none is not."""
        return self.clinical_class is not ClinicalClass.NONE

    @property
    def stated(self) -> bool:
        """Whether the hospital says what it is."""
        return bool(self.assets) and all(asset.class_source.startswith(STATED) for asset in self.assets)

    @property
    def stated_harmless(self) -> bool:
        """Not clinical because the hospital says so, and not by its own looks."""
        return not self.clinical and self.stated

    @property
    def portal(self) -> bool:
        """Whether those who treat work in its pages; the pages of others are of those who set them up."""
        return any(kind in _PORTALS for asset in self.assets for kind in (asset.kind, *asset.roles))

    @property
    def weight(self) -> ClinicalClass:
        """The class that counts where findings are ordered."""
        return ordering_class(self.clinical_class)

    @property
    def maker(self) -> str:
        return (self.asset.manufacturer if self.asset else "") or "the maker"


class Parties:
    """A locator that asks once for each address and hint. `entered` tells the zones that were seen to be reached from elsewhere though
    they are stated to be isolated."""

    def __init__(self, locator: Locator, entered: Callable[[], Collection[str]] = frozenset) -> None:
        self._locator, self._entered = locator, entered
        self._known: dict[tuple[str, str | None], Party] = {}

    def at(self, address: str, hint: str | None = None) -> Party:
        if (address, hint) not in self._known:
            self._known[address, hint] = Party(address, tuple(self._locator.at(address, hint)))
        return self._known[address, hint]

    def named(self, asset_id: str) -> str:
        """What an asset is called."""
        return self._locator.assets[asset_id].name

    def of_class(self, clinical_class: ClinicalClass) -> list[str]:
        """The ids of the assets of a class, adapters not counted: what stands behind them is."""
        return [a.id for a in self._locator.assets.values() if a.clinical_class == clinical_class]

    def outside(self, address: str) -> bool:
        """Whether an address is the internet's, as far as the hospital has not said otherwise."""
        return public(address) and not self._locator.inside(address)

    def partner(self, address: str) -> bool:
        """Whether site.toml names an address outside as a partner's."""
        return bool(self._locator.partner(address))

    @property
    def isolated(self) -> frozenset[str]:
        """The zones that the hospital states to be isolated."""
        return frozenset(zone.name for zone in self._locator.plan.zones if zone.isolated)

    def zone(self, address: str) -> str:
        """As stated for the address, else that of the asset, which knows its VLAN; nothing for what is no machine of the hospital."""
        return (self._locator.zone(address) or self.at(address).zone) if self._locator.machine(address) else ""

    def somebody(self, address: str) -> bool:
        """Whether it is the address of one machine, here or outside: link-local ones are nobody's for who stands elsewhere."""
        return self._locator.machine(address) or self.outside(address)

    def stated_titles(self, address: str) -> set[str]:
        """The AE titles that site.toml states for an address; none if it states none with that address."""
        return {stated.ae for stated in self._locator.plan.assets if stated.ae and stated.address == address}

    def exposure(self, *sides: Party) -> Exposure:
        """Open if one side is the internet's; small only within a zone that the hospital states to be closed, as long as nothing from
        elsewhere was seen to reach it; else controlled, for what the firewall lets pass is not known."""
        if any(self.outside(party.address) for party in sides):
            return Exposure.OPEN
        zone = sides[0].zone
        closed = all(party.zone == zone for party in sides) and self._locator.plan.isolated(zone)
        return Exposure.SMALL if closed and zone not in self._entered() else Exposure.CONTROLLED

    def anyone(self, *sides: Party) -> str:
        """Who can listen or get in, as the exposure says."""
        return f"Anyone in {sides[0].zone}" if self.exposure(*sides) is Exposure.SMALL else "Anyone on the network"
