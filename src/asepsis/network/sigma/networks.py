"""Whether an address lies in a network, by integers.

The lake keeps both ends of a connection as two halves of an IPv6 address, an IPv4 address as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), in
signed 64-bit columns. Other addresses are kept as text; an IPv4 one is made a number there. Source: Sigma specification 2.1, modifier cidr.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from . import sql

HALVES = {"id_orig_h": ("id_orig_hi", "id_orig_lo"), "id_resp_h": ("id_resp_hi", "id_resp_lo")}
_MAPPED = 0xFFFF << 32
_MAPPED_NETWORK = IPv6Network("::ffff:0:0/96")
FEW = 16
"""So many networks are compared one by one."""
_QUAD = "^[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}$"


def inside_any(column: str, some: Sequence[IPv4Network | IPv6Network]) -> list[str]:
    """For an end of a connection and any of some networks. Many IPv4 networks are looked up by what addresses in them begin with: a list
    for each length of prefix, of which there are 32 at the most."""
    plain = [network for network in some if isinstance(network, IPv4Network)]
    if len(plain) <= FEW:
        return [inside(column, network) for network in some]
    high, low = (sql.name(half) for half in HALVES[column])
    prefixes: dict[int, list[int]] = {}
    for network in collapse_addresses(plain):
        bits = 32 - network.prefixlen
        prefixes.setdefault(bits, []).append(_MAPPED + int(network.network_address) >> bits)
    lists = [sql.among(f"({low} >> {bits})" if bits else low, list(map(str, of))) for bits, of in prefixes.items()]
    others = [inside(column, network) for network in some if isinstance(network, IPv6Network)]
    return [sql.all_of([f"{high} = 0", sql.any_of(lists)]), *others]


def inside(column: str, network: IPv4Network | IPv6Network) -> str:
    """For an end of a connection. An IPv6 network holds no IPv4 address, even where it spans their mapped form."""
    high, low = (sql.name(half) for half in HALVES[column])
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED_NETWORK):
        network = IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    if isinstance(network, IPv4Network):
        first = _MAPPED + int(network.network_address)
        return sql.all_of([f"{high} = 0", _between(low, first, first + network.num_addresses - 1)])
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.prefixlen > 64:
        return sql.all_of([f"{high} = {_signed(first >> 64)}", _between(low, _signed(first), _signed(last))])
    halves = _between(high, _signed(first >> 64), _signed(last >> 64)) if network.prefixlen else f"{high} IS NOT NULL"
    if not _MAPPED_NETWORK.subnet_of(network):
        return halves
    return sql.all_of([halves, sql.no(sql.all_of([f"{high} = 0", _between(low, _MAPPED, _MAPPED + 0xFFFFFFFF)]))])


def inside_text(cell: str, network: IPv4Network) -> str:
    """For an IPv4 address that is kept as text."""
    parts = [f"TRY_CAST(SPLIT_PART({cell}, '.', {n}) AS BIGINT)" for n in (1, 2, 3, 4)]
    octets = " AND ".join(f"{part} <= 255" for part in parts)
    number = " + ".join(f"{part} * {256 ** (3 - n)}" for n, part in enumerate(parts))
    first = int(network.network_address)
    return f"(REGEXP_MATCHES({cell}, '{_QUAD}') AND {octets} AND {_between(f'({number})', first, first + network.num_addresses - 1)})"


def _between(value: str, first: int, last: int) -> str:
    return f"{value} = {first}" if first == last else f"{value} BETWEEN {first} AND {last}"


def _signed(half: int) -> int:
    half &= (1 << 64) - 1
    return half - (1 << 64) if half >> 63 else half
