"""Which addresses are one machine, and which machine stands before another.

A MAC address is identity only where ARP (RFC 826) or DHCP (RFC 2131) shows whose it is, or where an IPv6 address was made from it (RFC 4291
appendix A). In a frame it is only the last hop's: a MAC before many addresses is a router or an adapter.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address
from itertools import pairwise

from asepsis.hospital.observations import Binding, Talker
from asepsis.hospital.site_toml import Plan, parsed

ADDRESSES_OF_ONE_MACHINE = 4
"""ARP answers of one MAC for more addresses than this are answers for others (proxy ARP, RFC 1027)."""


@dataclass(frozen=True, slots=True)
class Host:
    """One network interface: its addresses, and the MAC address if it was shown to be its own. `contested`: two claim the address."""

    addresses: tuple[str, ...]
    mac: str = ""
    frame_mac: str = ""
    contested: bool = False
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Relay:
    """A MAC address whose frames carry the packets of others. `own`: the host it belongs to, where that was shown."""

    mac: str
    before: tuple[str, ...]
    routed: bool
    """The addresses lie in several networks or outside: it is a router. Else it may be an adapter."""


def asset_id(*identity: str) -> str:
    """`a-` and ten characters of a hash of the strongest identity known. The same identity always gives the same id."""
    text = "\x1f".join(" ".join(part.split()).casefold() for part in identity)
    return "a-" + hashlib.sha256(text.encode()).hexdigest()[:10]


def is_asset_address(address: str, plan: Plan) -> bool:
    """Inside the hospital and of one machine: no multicast, broadcast, loopback, link-local or unspecified address."""
    ip = parsed(address)
    if ip is None or ip.is_multicast or ip.is_loopback or ip.is_unspecified or ip.is_link_local or address == "255.255.255.255":
        return False
    return plan.inside(address)


def is_station_mac(mac: str | None) -> bool:
    """An individual address (IEEE 802-2014 8.2): the group bit of the first octet is 0, and it is not all zeros."""
    try:
        return bool(mac) and mac != "00:00:00:00:00:00" and int(str(mac)[:2], 16) & 1 == 0
    except ValueError:
        return False


def hosts(talkers: tuple[Talker, ...], bindings: tuple[Binding, ...], plan: Plan) -> tuple[list[Host], list[Relay]]:
    """The machines that were heard, and the relays before them."""
    heard, claims, vlans = _frames(talkers), _claims(talkers, bindings), _vlans(talkers)
    addresses = {a for a in (*(t.address for t in talkers), *(b.address for b in bindings)) if is_asset_address(a, plan)}
    claimants: dict[str, set[str]] = defaultdict(set)
    for mac, claimed in claims.items():
        for address in claimed:
            claimants[address].add(mac)
    relays = _relays(heard, claims, _spans(talkers), plan)
    carriers: dict[str, list[str]] = defaultdict(list)
    for mac in sorted(heard):
        for address in heard[mac]:
            carriers[address].append(mac)
    out, placed = [], set()
    for mac in sorted(claims):
        own = {a for a in claims[mac] & addresses if len(claimants[a]) == 1}
        if sum(":" not in a for a in own) > ADDRESSES_OF_ONE_MACHINE:
            continue
        if own and mac not in relays:
            own |= {a for a in heard.get(mac, set()) & addresses if ":" in a and not claimants[a] and carriers[a] == [mac]}
        if own:
            out.append(Host(_in_order(own), mac, mac, vlan=min((vlans[a] for a in own if a in vlans), default=None)))
            placed |= own
    for address in addresses - placed:
        before = carriers[address]
        out.append(Host((address,), "", before[0] if len(before) == 1 else "", len(claimants[address]) > 1, vlans.get(address)))
    return sorted(out, key=lambda h: _order(h.addresses[0])), [relays[m] for m in sorted(relays)]


def _frames(talkers: tuple[Talker, ...]) -> dict[str, set[str]]:
    heard: dict[str, set[str]] = defaultdict(set)
    for t in talkers:
        ip = parsed(t.address)
        if t.mac and is_station_mac(t.mac) and ip and not (ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip.is_loopback):
            heard[t.mac].add(t.address)
    return heard


def _claims(talkers: tuple[Talker, ...], bindings: tuple[Binding, ...]) -> dict[str, set[str]]:
    claims: dict[str, set[str]] = defaultdict(set)
    for b in bindings:
        if is_station_mac(b.mac):
            claims[b.mac].add(b.address)
    for t in talkers:
        if t.mac and is_station_mac(t.mac) and _eui64(t.address) == t.mac:
            claims[t.mac].add(t.address)
    return claims


def _vlans(talkers: tuple[Talker, ...]) -> dict[str, int]:
    """The VLAN of each address that was heard in just one."""
    seen: dict[str, set[int]] = defaultdict(set)
    for t in talkers:
        if t.vlan is not None:
            seen[t.address].add(t.vlan)
    return {address: next(iter(vlans)) for address, vlans in seen.items() if len(vlans) == 1}


_Spans = dict[tuple[str, str], tuple[datetime, datetime]]


def _spans(talkers: tuple[Talker, ...]) -> _Spans:
    """From when to when an address was heard behind a MAC."""
    out: _Spans = {}
    for t in talkers:
        key = (t.mac or "", t.address)
        first, last = out.get(key, (t.first, t.last))
        out[key] = (min(first, t.first), max(last, t.last))
    return out


def _in_turn(mac: str, addresses: set[str], spans: _Spans) -> bool:
    """A machine that changed its address has them one after the other; a relay carries them at the same time."""
    times = sorted(spans[mac, a] for a in addresses)
    return all(before[1] < after[0] for before, after in pairwise(times))


def _relays(heard: dict[str, set[str]], claims: dict[str, set[str]], spans: _Spans, plan: Plan) -> dict[str, Relay]:
    out = {}
    for mac, carried in heard.items():
        claimed = claims.get(mac, set())
        others = carried - claimed
        of_others = {a for a in others if ":" not in a}
        proxied = {a for a in claimed if ":" not in a}
        outside = any(not plan.inside(a) for a in of_others)
        if len(of_others) == 2 and not proxied and not outside and _in_turn(mac, of_others, spans):
            continue
        if len(of_others) >= (1 if proxied else 2) or len(proxied) > ADDRESSES_OF_ONE_MACHINE:
            before = of_others or proxied
            networks = {a.rpartition(".")[0] for a in before | proxied}
            # RFC 5798 7.3: the virtual MAC of a router that others can stand in for.
            out[mac] = Relay(mac, _in_order(before), len(networks) > 1 or outside or mac.startswith("00:00:5e:00:01:"))
    return out


def _eui64(address: str) -> str:
    """The MAC address that an IPv6 interface identifier was made from (RFC 4291 appendix A), or nothing."""
    ip = parsed(address)
    if not isinstance(ip, IPv6Address) or ip.packed[11:13] != b"\xff\xfe":
        return ""
    octets = bytes([ip.packed[8] ^ 2]) + ip.packed[9:11] + ip.packed[13:]
    return octets.hex(":")


def _order(address: str) -> tuple[int, int, str]:
    ip = parsed(address)
    return (ip.version, int(ip), address) if ip else (9, 0, address)


def _in_order(addresses: set[str]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=_order))
