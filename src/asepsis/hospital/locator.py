"""Finding the assets at an address, for those who read events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial

from asepsis.hospital.asset import Asset
from asepsis.hospital.identity import is_asset_address
from asepsis.hospital.site_toml import Plan


class Locator:
    """Assets by address, or by the place that an address was for a time. Knows the site's plan too.

    `inside(address)`: whether the address belongs to the hospital. `machine(address)`: whether it can be that of a machine of the hospital:
    inside, and no multicast, broadcast, loopback or link-local one.
    """

    def __init__(self, assets: Iterable[Asset], plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.assets = {a.id: a for a in assets}
        self._at: dict[str, list[Asset]] = defaultdict(list)
        # Asked for every row of an answer: what the plan says of an address is looked up once.
        self.inside = cache(self.plan.inside)
        self.machine = cache(partial(is_asset_address, plan=self.plan))
        for asset in sorted(self.assets.values(), key=lambda a: (bool(a.behind), a.id)):
            # Where it is now, and by its places where it was: an address that had several holders is in the rows as a place only.
            for place in dict.fromkeys((*asset.addresses, *(s.place for s in asset.stays))):
                self._at[place].append(asset)

    def at(self, address: str, hint: str | None = None) -> list[Asset]:
        """The assets at an address: the one that owns it first, then those behind it.

        With a hint (AE title, station name, or HL7 `application|facility`) only those that go by it, if there are any; where several
        stand at the address and none goes by the hint, the one that owns it.
        """
        here = self._at.get(address, [])
        if hint is None or len(here) < 2:
            return list(here)
        named = [a for a in here if hint in a.ae_titles or hint == a.station or _hl7(hint, a)]
        return named or here[:1]

    def zone(self, address: str, vlan: int | None = None) -> str:
        """The zone of an address, or nothing."""
        return self.plan.zone(address, vlan)

    def partner(self, address: str, domain: str = "") -> str:
        """The partner that an outside address or domain belongs to, or nothing."""
        return self.plan.partner(address, domain)


def _hl7(hint: str, asset: Asset) -> bool:
    return any(hint == a or hint == a.split("|")[0] for a in asset.hl7_applications)
