"""What a key of site.toml may hold. Each takes a value as TOML has it and gives it as the plan has it; ValueError says what is wrong with
it, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from asepsis.kit.free_text import free_text

TEXT_MOST = 200
Network = IPv4Network | IPv6Network

PRIVATE = tuple(ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"))
"""RFC 1918 section 3, RFC 3927 2.1 (link-local), RFC 4193 3.1 (unique local), RFC 4291 2.5.6."""
WIDEST_OF_A_ZONE = {4: 8, 6: 7}
"""Bits of 10.0.0.0/8 and fc00::/7, the widest private nets: a zone of more would count the internet as inside."""
WIDEST_OF_A_PARTNER = {4: 8, 6: 16}
"""IANA gave no single holder more than a /8 of IPv4; of IPv6 it gives a whole region a /12, and each holder there much less. What is wider
is not one partner but a good part of the internet, and nothing that goes there would be looked at any more."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
"""RFC 1123 2.1."""
# What people call services that go by another name on the wire: RFC 9110 4.2.2, PS3.18, and what runs over HTTP.
_CALLED = {"https": "ssl", "tls": "ssl", "fhir": "http", "dicomweb": "http", "sdc": "http", "mllp": "hl7", "kerberos": "krb_tcp"}
_CALLED |= {"vnc": "rfb", "cifs": "smb", "mssql": "tds", "oracle": "tns", "netbios": "netbios-ns", "ldaps": "ssl"}


class WrongItem(ValueError):
    """What is wrong with the `nth` item of a list."""

    def __init__(self, said: str, nth: int) -> None:
        super().__init__(said)
        self.nth = nth


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a text of 1 to {TEXT_MOST} characters")
    return free_text(value, TEXT_MOST)


def one_of(words: list[str], value: Any) -> str:
    known = {w.casefold(): w for w in words}
    if text(value).casefold() not in known:
        raise ValueError(f"'{value}' is none of {', '.join(words)}")
    return known[value.casefold()]


def address(value: Any) -> str:
    return str(ip_address(text(value)))


def mac(value: Any) -> str:
    digits = re.sub(r"[-:.]", "", text(value)).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError(f"'{value}' is no MAC address such as 00:11:22:33:44:55")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def network(value: Any) -> Network:
    """A net of the hospital."""
    return _no_wider(_network(value), WIDEST_OF_A_ZONE, "a zone so wide would count the internet as inside; write the nets that it has")


def network_outside(value: Any) -> Network:
    """A net of somebody else."""
    net = _no_wider(_network(value), WIDEST_OF_A_PARTNER, "that is no single partner's; write the partner's own nets")
    if any(net.overlaps(own) for own in PRIVATE if own.version == net.version):
        raise ValueError(f"'{value}' covers private addresses: those are the hospital's own; write the partner's public net")
    return net


def _network(value: Any) -> Network:
    net = ip_network(text(value), strict=False)
    alone = ip_address(value.partition("/")[0])
    if alone != net.network_address:
        raise ValueError(f"'{value}' is a machine's address with the size of a net: write {net} for the net, or {alone} for the machine")
    return net


def _no_wider(net: Network, widest: dict[int, int], why: str) -> Network:
    if net.prefixlen < widest[net.version]:
        raise ValueError(f"'{net}' is wider than /{widest[net.version]}: {why}")
    return net


def vlan(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 4094:
        raise ValueError("a VLAN is a number from 0 to 4094 (IEEE 802.1Q 9.6)")
    return value


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def domain(value: Any) -> str:
    """The name without `*.` before it: what is below it is meant too."""
    name = text(value).strip().lower()
    bare = re.split(r"[/?#:]", re.sub(r"^[a-z][a-z0-9+.-]*://", "", name), maxsplit=1)[0]
    if _is_address(name):
        raise ValueError(f"'{value}' is an address: write it in cidrs")
    if bare != name:
        raise ValueError(f"'{value}' holds more than a domain name{f': write {bare}' if _is_hostname(bare) else ''}")
    name = _in_ascii(name.removeprefix("*.").removesuffix("."))
    if not _is_hostname(name):
        raise ValueError(f"'{value}' is no domain name of two parts or more, such as reads.example or *.reads.example")
    return name


def _in_ascii(name: str) -> str:
    """As it is looked up (RFC 5890)."""
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_network(name, strict=False)
    except ValueError:
        return False
    return True


def _is_hostname(name: str) -> bool:
    labels = name.split(".")
    return len(labels) > 1 and len(name) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal()


def service(value: Any) -> str:
    """A port, or what `conn.service` says, also as a finding names a port without one: `tcp 4000`, `udp above 49151`."""
    name = str(value) if type(value) is int else text(value).lower()
    port = re.fullmatch(r"(?:(?:tcp|udp) )?(-?[0-9]{1,9})", name)
    if port and not 0 < int(port[1]) < 65536:
        raise ValueError(f"{name} is no port: those are 1 to 65535")
    if not port and not re.fullmatch(r"(?:tcp|udp) above 49151", name):
        for part in name.split(","):
            _known_service(part)
    return name


def _known_service(name: str) -> None:
    known = _services()
    if name not in known:
        near = _CALLED.get(name) or next(iter(get_close_matches(name, known, 1)), "")
        raise ValueError(f"'{name}' is no service: " + (f"did you mean {near}?" if near else f"write a port, or one of {', '.join(known)}"))


@cache
def _services() -> tuple[str, ...]:
    """Loaded by a file that states flows alone."""
    from asepsis.lake.service import service_names

    return tuple(sorted(service_names()))


def listed(of: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list in [ ]")
    if not value:
        raise ValueError("an empty list says nothing: fill it, or leave the key out")
    out = []
    for nth, item in enumerate(value):
        try:
            out.append(of(item))
        except ValueError as error:
            raise WrongItem(str(error), nth) from None
    return tuple(out)
