"""The part of the network that a machine stands in: the zone that the hospital states, else the network of its address."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

Prefix = tuple[int, int]
"""Bits of networks, of IPv4 and IPv6."""
PREFIXES: tuple[Prefix, ...] = ((24, 64), (20, 56), (16, 48))
"""A subnet, a part of a site, a site (RFC 6177)."""
PLACES_MAX = 9
"""More frames cannot be told apart on a page; all other parts of the network share one."""
NOWHERE = "Address not seen"


def narrowest(assets: Collection[Asset]) -> Prefix:
    """The narrowest networks of which there are few enough; the widest where there never are."""
    few = (prefix for prefix in PREFIXES if len({place(asset, prefix) for asset in assets}) <= PLACES_MAX + 1)
    return next(few, PREFIXES[-1])


def place(asset: Asset, prefix: Prefix) -> str:
    """The name of the zone, or `10.20.0.0/16`."""
    if asset.zone:
        return asset.zone
    try:
        ip = ip_address(next(iter(asset.addresses), ""))
    except ValueError:
        return NOWHERE
    shift = ip.max_prefixlen - prefix[0 if ip.version == 4 else 1]
    return _network(ip.version, int(ip) >> shift << shift, ip.max_prefixlen - shift)


@cache
def _network(version: int, address: int, bits: int) -> str:
    return str((IPv4Network if version == 4 else IPv6Network)((address, bits)))
