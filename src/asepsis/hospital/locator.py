"""Finding the assets at an address, for those who read events."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TypeVar

from asepsis.hospital.asset import Asset, Stay
from asepsis.hospital.plan import Plan

T = TypeVar("T")
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Locator:
    """Assets by address, or by the place that an address was for a time. Knows the site's plan too.

    `inside(address)`: whether the address belongs to the hospital. `machine(address)`: whether it can be that of a machine of the hospital:
    inside, and no multicast, broadcast, loopback or link-local one.
    """

    def __init__(self, assets: Iterable[Asset], plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.assets: Mapping[str, Asset] = {a.id: a for a in assets}
        self._at: Mapping[str, Sequence[Asset]] = {}
        # Asked for every row of an answer: what the plan says of an address is looked up once.
        self.inside = cache(self.plan.inside)
        self.machine = cache(self.plan.machine)
        self._zone = cache(self.plan.zone)
        at: dict[str, list[Asset]] = defaultdict(list)
        for asset in sorted(self.assets.values(), key=lambda a: (bool(a.behind), a.id)):
            # Where it is now, and by its places where it was: an address that had several holders is in the rows as a place only.
            for place in dict.fromkeys((*asset.addresses, *(s.place for s in asset.stays))):
                at[place].append(asset)
        self._at = dict(at)

    def with_more(self, assets: Iterable[Asset], at: Mapping[str, Sequence[Asset]]) -> Locator:
        """The same with more assets, `at` addresses where none was."""
        more = copy(self)
        more.__dict__.pop("_stays", None)
        more.assets = _added(self.assets, {a.id: a for a in assets})
        more._at = _added(self._at, at)
        return more

    def at(self, address: str, hint: str | None = None) -> list[Asset]:
        """The assets at an address: the one that owns it first, then those behind it.

        With a hint (AE title, station name, or HL7 `application|facility`) only those that go by it, if there are any; where several
        stand at the address and none goes by the hint, the one that owns it.
        """
        here = list(self._at.get(address, ()))
        if hint is None or len(here) < 2:
            return here
        named = [a for a in here if hint in a.ae_titles or hint == a.station or _hl7(hint, a)]
        return named or here[:1]

    def place(self, address: str, when: datetime) -> str:
        """The place that an address was at a time, where it had several holders; else the address. Between two stays it is that of the one
        before; before all of them, that of the first."""
        stays = self._stays.get(address, [])
        if len({stay.place for stay in stays}) < 2:
            return address
        begun = [stay for stay in stays if stay.first is not None and stay.first <= when]
        return (begun[-1] if begun else stays[0]).place

    @cached_property
    def _stays(self) -> dict[str, list[Stay]]:
        """Who was at which address, in order of time."""
        found: defaultdict[str, list[Stay]] = defaultdict(list)
        for asset in self.assets.values():
            for stay in asset.stays:
                found[stay.address].append(stay)
        return {address: sorted(of, key=lambda stay: (stay.first or LONG_AGO, stay.place)) for address, of in found.items()}

    def zone(self, address: str, vlan: int | None = None) -> str:
        """The zone of an address, or nothing."""
        return self._zone(address, vlan)

    def partner(self, address: str, domain: str = "") -> str:
        """The partner that an outside address or domain belongs to, or nothing."""
        return self.plan.partner(address, domain)


def _added(known: Mapping[str, T], more: Mapping[str, T]) -> Mapping[str, T]:
    """Without copying what may be large."""
    added, base = known.maps if isinstance(known, ChainMap) else ({}, known)
    return ChainMap({**added, **more}, base)  # type: ignore[arg-type]


def _hl7(hint: str, asset: Asset) -> bool:
    return any(hint == a or hint == a.split("|")[0] for a in asset.hl7_applications)
