"""Who came since the inventory was taken, and which addresses may have changed hands since: what a look at new rows alone goes by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asepsis.hospital.asset import Asset
from asepsis.hospital.inventory import inventory
from asepsis.hospital.locator import Locator
from asepsis.hospital.observations import Lake, observe
from asepsis.hospital.questions import ADDRESSES_OF_ONE_MACHINE

_SEEN = """
    select address, mac, max(claimed) as claimed from (
        select id_orig_h as address, orig_l2_addr as mac, 0 as claimed from pairs where orig_pkts > 0
        union all select id_resp_h, resp_l2_addr, 0 from pairs where resp_pkts > 0
        union all select sender_ip, sender_mac, 1 from arp where sender_mac is not null
        union all select coalesce(assigned_addr, client_addr), mac, 1 from dhcp where msg_type = 'ACK'
        union all select client_addr, mac, 1 from dhcp where msg_type in ('REQUEST', 'INFORM')
    ) as seen where address is not null and address <> '0.0.0.0' group by address, mac
"""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`new` assets; the `at` of addresses that none had: whose they are; and addresses in `dispute`, claimed by a MAC address that is not
    that of who was there: who that is takes a look at everything."""

    new: tuple[Asset, ...] = ()
    at: Mapping[str, tuple[Asset, ...]] = field(default_factory=dict)
    dispute: frozenset[str] = frozenset()


def arrivals(lake: Lake, known: Locator) -> Arrivals:
    """What the rows of `lake`, which came after the inventory of `known` was taken, say of who is where."""
    seen = [row for row in lake.rows(_SEEN) if known.machine(row["address"])]
    dispute = frozenset(_disputed(seen, known))
    free = {row["address"] for row in seen if not known.at(row["address"])}
    if not free:
        return Arrivals(dispute=dispute)
    owner = {mac: asset for asset in known.assets.values() for mac in asset.macs}
    moved = {row["address"]: owner[row["mac"]] for row in seen if row["claimed"] and row["address"] in free and row["mac"] in owner}
    new = [asset for asset in inventory(observe(lake), known.plan) if _is_new(asset, known, owner, free - moved.keys())]
    at: dict[str, tuple[Asset, ...]] = {address: (asset,) for address, asset in moved.items()}
    for asset in new:
        at |= {address: (*at.get(address, ()), asset) for address in asset.addresses}
    return Arrivals(tuple(new), at, dispute)


def _disputed(seen: list[dict[str, Any]], known: Locator) -> list[str]:
    claims = {(row["address"], row["mac"]) for row in seen if row["claimed"]}
    many = Counter(mac for _, mac in claims)
    own = ((address, mac, {m for asset in known.at(address) for m in asset.macs}) for address, mac in claims)
    return [address for address, mac, macs in own if macs and mac not in macs and many[mac] <= ADDRESSES_OF_ONE_MACHINE]


def _is_new(asset: Asset, known: Locator, owner: dict[str, Asset], free: set[str]) -> bool:
    """Whether nothing of it was there before: then no machine is told as two."""
    unheard = asset.id not in known.assets and not owner.keys() & set(asset.macs)
    return unheard and bool(asset.addresses) and free.issuperset(asset.addresses)
