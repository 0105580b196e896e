"""Which addresses are one machine, and which machine stands before another.

A MAC address is identity only where ARP (RFC 826) or DHCP (RFC 2131) shows whose it is, or where an IPv6 address was made from it (RFC 4291
appendix A). In a frame it is only the last hop's: a MAC before many addresses is a router or an adapter.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address
from itertools import pairwise

from asepsis.hospital.asset import address_of
from asepsis.hospital.equipment import serial_of
from asepsis.hospital.facts import Binding, Client, Observations, Talker
from asepsis.hospital.plan import Plan, parsed
from asepsis.hospital.tenure import SETTLED

MOST_OTHERS = 4
"""Addresses that were heard from a machine beside those that it claimed, and may have been its own in turn."""


OFTEN = 5
"""Times that each of several devices behind one MAC address or one address must have said who it is: once is an error, or a forgery."""


@dataclass(frozen=True, slots=True)
class Host:
    """One network interface: its addresses, and the MAC address if it was shown to be its own. `contested`: two claim the address."""

    addresses: tuple[str, ...]
    mac: str = ""
    frame_mac: str = ""
    contested: bool = False
    vlan: int | None = None
    told: str = ""
    """What tells it from another machine with the same MAC address: its host name or serial number, or the place that people took off."""


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


def is_station_mac(mac: str | None) -> bool:
    """An individual address (IEEE 802-2014 8.2): the group bit of the first octet is 0, and it is not all zeros."""
    try:
        return bool(mac) and mac != "00:00:00:00:00:00" and int(str(mac)[:2], 16) & 1 == 0
    except ValueError:
        return False


def hosts(seen: Observations, plan: Plan, apart: Collection[str] = ()) -> tuple[list[Host], list[Relay]]:
    """The machines that were heard, and the relays before them. What stands at a place of `apart` is a machine by itself."""
    heard, claims, vlans = _frames(seen.talkers), _claims(seen), _vlans(seen.talkers)
    addresses = {a for a in (*(t.address for t in seen.talkers), *(b.address for b in seen.bindings)) if plan.machine(a)}
    claimants: dict[str, set[str]] = defaultdict(set)
    for mac, claimed in claims.items():
        for address in claimed:
            claimants[address].add(mac)
    proxies, clones, signs = {c.mac for c in seen.claimers}, _clones(seen), _signs(seen)
    relays = _relays(heard, claims, _spans(seen), proxies, plan)
    carriers: dict[str, list[str]] = defaultdict(list)
    for mac in sorted(heard):
        for address in heard[mac]:
            carriers[address].append(mac)
    out, placed = [], set()
    for mac in sorted(claims.keys() - proxies):
        own = {a for a in claims[mac] & addresses if len(claimants[a]) == 1}
        if own and mac not in relays:
            own |= {a for a in heard.get(mac, set()) & addresses if not claimants[a] and carriers[a] == [mac]}
        for told, together in _apart(own, apart, clones.get(mac) or _several(own, signs)):
            vlan = min((vlans[a] for a in together if a in vlans), default=None)
            out.append(Host(_inorder(together), mac, mac, vlan=vlan, told=told))
        placed |= own
    for address in addresses - placed:
        before = carriers[address]
        out.append(Host((address,), "", before[0] if len(before) == 1 else "", len(claimants[address]) > 1, vlans.get(address)))
    return sorted(out, key=lambda h: (order(h.addresses[0]), h.mac)), [relays[m] for m in sorted(relays)]


def _apart(own: set[str], apart: Collection[str], clones: dict[str, str]) -> list[tuple[str, set[str]]]:
    """The addresses of one MAC by the machine that has them: those of people's word each by itself, those of clones by what tells them
    apart."""
    together: dict[str, set[str]] = defaultdict(set)
    for address in own - set(apart):
        together[clones.get(address, min(clones.values(), default=""))].add(address)
    return [*sorted(together.items()), *((a, {a}) for a in sorted(own & set(apart)))]


def _clones(seen: Observations) -> dict[str, dict[str, str]]:
    """Of each MAC address that two host names had at the same time, the name by address: they are two machines with one MAC. Names that
    follow each other are one machine that was renamed."""
    told: dict[str, dict[str, list[Client]]] = defaultdict(lambda: defaultdict(list))
    for client in seen.clients:
        if client.place and client.host_name and "*" not in client.host_name:
            told[client.mac][client.host_name.casefold()].append(client)
    out: dict[str, dict[str, str]] = {}
    for mac, names in told.items():
        spans = sorted((min(c.first for c in of), max(c.last for c in of)) for of in names.values())
        if len(names) > 1 and any(after[0] <= before[1] for before, after in pairwise(spans)):
            out[mac] = {str(client.place): name for name, of in sorted(names.items()) for client in of}
    return out


def _signs(seen: Observations) -> dict[str, dict[str, set[str]]]:
    """By place and kind of sign, what devices there told of themselves often enough and no other has: serial numbers, endpoint references.
    Who takes images in sends on those of others, and of them tells nothing."""
    archives = {s.receiver for s in seen.stores}
    told = [
        *((s.sender, "dicom", serial_of(s), s.events) for s in seen.stores if not s.moved and s.sender not in archives),
        *((d.address, d.source, serial_of(d), d.events) for d in seen.described),
        *((e.address, "endpoint", e.endpoint, e.events) for e in seen.endpoints),
    ]
    times: dict[tuple[str, str, str], int] = defaultdict(int)
    for address, kind, sign, events in told:
        times[address, kind, sign.casefold()] += events
    out: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (address, kind, sign), events in times.items():
        if sign and events >= OFTEN:
            out[address][kind].add(sign)
    return out


def _several(own: set[str], signs: dict[str, dict[str, set[str]]]) -> dict[str, str]:
    """Of one MAC address that answers for several devices, as a wireless bridge does, the sign by address: where two addresses tell
    different ones of the same kind, they are not one machine's."""
    for kind in ("dicom", "astm", "poct1", "sdc", "endpoint"):
        told = {a: signs[a][kind] for a in sorted(own & signs.keys()) if signs[a].get(kind)}
        groups: list[set[str]] = []
        for of in told.values():
            touching = [g for g in groups if g & of]
            groups = [g for g in groups if not g & of] + [set().union(of, *touching)]
        if len(groups) > 1:
            return {a: min(next(g for g in groups if g & of)) for a, of in told.items()}
    return {}


def _frames(talkers: tuple[Talker, ...]) -> dict[str, set[str]]:
    heard: dict[str, set[str]] = defaultdict(set)
    for t in talkers:
        ip = parsed(t.address)
        if t.mac and is_station_mac(t.mac) and ip and not (ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip.is_loopback):
            heard[t.mac].add(t.address)
    return heard


def _claims(seen: Observations) -> dict[str, set[str]]:
    claims: dict[str, set[str]] = defaultdict(set)
    spans = _times(seen.talkers)
    for b in seen.bindings:
        if is_station_mac(b.mac) and not _in_passing(b, spans.get(b.address, [])):
            claims[b.mac].add(b.address)
    for t in seen.talkers:
        if t.mac and is_station_mac(t.mac) and _eui64(t.address) == t.mac:
            claims[t.mac].add(t.address)
    return claims


def _times(talkers: tuple[Talker, ...]) -> dict[str, list[Talker]]:
    """By address, who was heard there for a while."""
    out: dict[str, list[Talker]] = defaultdict(list)
    for t in talkers:
        if t.last - t.first >= SETTLED:
            out[t.address].append(t)
    return out


def _in_passing(claim: Binding, there: list[Talker]) -> bool:
    """A short claim by ARP of an address that others' frames carry before and after it, and its own never for long: anybody can make it."""
    return (
        claim.source == "arp"
        and claim.last - claim.first < SETTLED
        and not any(t.mac == claim.mac for t in there)
        and any(t.first + SETTLED <= claim.first and claim.last + SETTLED <= t.last for t in there)
    )


def _vlans(talkers: tuple[Talker, ...]) -> dict[str, int]:
    """The VLAN of each address that was heard in just one."""
    seen: dict[str, set[int]] = defaultdict(set)
    for t in talkers:
        if t.vlan is not None:
            seen[t.address].add(t.vlan)
    return {address: next(iter(vlans)) for address, vlans in seen.items() if len(vlans) == 1}


_Spans = dict[tuple[str, str], tuple[datetime, datetime]]


def _spans(seen: Observations) -> _Spans:
    """From when to when an address was heard behind a MAC, or claimed by it."""
    out: _Spans = {}
    facts: tuple[Talker | Binding, ...] = (*seen.talkers, *seen.bindings)
    for fact in facts:
        key = (fact.mac or "", fact.address)
        first, last = out.get(key, (fact.first, fact.last))
        out[key] = (min(first, fact.first), max(last, fact.last))
    return out


def _in_turn(mac: str, addresses: set[str], spans: _Spans, settled: bool) -> bool:
    """A machine that changed its address has them one after the other; a relay carries them at the same time. Of few packets of many
    addresses that proves nothing: `settled` asks that it had each for a while."""
    times = sorted(spans[mac, a] for a in addresses)
    turns = list(pairwise(times))
    return all(before[1] < after[0] for before, after in turns) and (
        not settled or all(after[0] - before[1] >= SETTLED or after[1] - after[0] >= SETTLED for before, after in turns)
    )


def _relays(heard: dict[str, set[str]], claims: dict[str, set[str]], spans: _Spans, proxies: set[str], plan: Plan) -> dict[str, Relay]:
    out = {}
    for mac, carried in heard.items():
        claimed = claims.get(mac, set())
        of_others = {a for a in carried - claimed if _is_v4(a)}
        proxied = {a for a in claimed if _is_v4(a)}
        outside = any(not plan.inside(a) for a in of_others)
        settled = len(of_others) != 2 or bool(proxied)
        if len(of_others) <= MOST_OTHERS and not outside and mac not in proxies and _in_turn(mac, of_others | proxied, spans, settled):
            continue
        if len(of_others) >= (1 if proxied else 2) or mac in proxies:
            before = of_others or proxied
            networks = {address_of(a).rpartition(".")[0] for a in before | proxied}
            # RFC 5798 7.3: the virtual MAC of a router that others can stand in for.
            out[mac] = Relay(mac, _inorder(before), len(networks) > 1 or outside or mac.startswith("00:00:5e:00:01:"))
    return out


def _eui64(address: str) -> str:
    """The MAC address that an IPv6 interface identifier was made from (RFC 4291 appendix A), or nothing."""
    ip = parsed(address)
    if not isinstance(ip, IPv6Address) or ip.packed[11:13] != b"\xff\xfe":
        return ""
    octets = bytes([ip.packed[8] ^ 2]) + ip.packed[9:11] + ip.packed[13:]
    return octets.hex(":")


def _is_v4(place: str) -> bool:
    return ":" not in address_of(place)


def order(address: str) -> tuple[int, int, str]:
    """Addresses in the order of their numbers, IPv4 first."""
    ip = parsed(address)
    return (ip.version, int(ip), address) if ip else (9, 0, address)


def _inorder(addresses: set[str]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=order))
