"""Which machine an entry of site.toml means: the one that all its keys fit; else the one that its strongest key fits, and then the others
contradict it.

A serial number or a MAC address is the machine's wherever it stands: where DHCP gives addresses out, an address is no identity. What has
an address is meant by it only if neither was seen elsewhere. A title says least: anybody can call under one. A machine that another entry
fits in full is that one's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from asepsis.hospital.asset import Asset
from asepsis.hospital.plan import Stated

_KEYS = ("serial", "mac", "address", "ae")


class Known:
    """Assets by what an entry may name them by."""

    def __init__(self, assets: Iterable[Asset], entries: Sequence[Stated]) -> None:
        self._assets: dict[str, Asset] = {}
        self._by: dict[tuple[str, str], set[str]] = defaultdict(set)
        for asset in assets:
            self.add(asset)
        self._seen = set(self._assets)
        self._taken = {found.id for entry in entries if (found := self._fitting(entry))}

    def add(self, asset: Asset) -> None:
        """Takes in an asset that was stated and not seen: a later entry may mean it too."""
        self._assets[asset.id] = asset
        own = {"serial": (asset.serial,) if asset.serial else (), "mac": asset.macs, "address": asset.addresses, "ae": asset.ae_titles}
        for key, found in own.items():
            for value in found:
                self._by[key, _known_as(key, value)].add(asset.id)

    def meant(self, entry: Stated) -> tuple[Asset | None, tuple[str, ...]]:
        """The asset, and what of the entry contradicts what was seen of it; nothing, where the machine was not seen."""
        fits = self._fitting(entry)
        if fits:
            return fits, ()
        asset = self._nearest(entry)
        return asset, tuple(_contradictions(entry, asset)) if asset else ()

    def _fitting(self, entry: Stated) -> Asset | None:
        return self._first(set.intersection(*(self._going_by(entry, key) for key in _KEYS if getattr(entry, key))))

    def _nearest(self, entry: Stated) -> Asset | None:
        for key in ("serial", "mac"):
            if found := self._first(self._free(entry, key)):
                return found
        return self._there(entry) or self._called(entry)

    def _there(self, entry: Stated) -> Asset | None:
        """What stands at the address; not behind an adapter, where more may stand than was heard."""
        here = self._going_by(entry, "address") & self._seen
        asset = self._first(self._free(entry, "address"))
        if asset is None or (len(here) > 1 and (entry.serial or entry.ae)) or (entry.ae and asset.ae_titles):
            return None
        return asset

    def _called(self, entry: Stated) -> Asset | None:
        found = self._going_by(entry, "ae") & self._seen
        return self._first(found - self._taken) if len(found) == 1 else None

    def _free(self, entry: Stated, key: str) -> set[str]:
        return (self._going_by(entry, key) & self._seen) - self._taken

    def _going_by(self, entry: Stated, key: str) -> set[str]:
        return self._by.get((key, _known_as(key, getattr(entry, key))), set())

    def _first(self, ids: Iterable[str]) -> Asset | None:
        return min((self._assets[id] for id in ids), key=lambda a: (bool(a.behind), a.id), default=None)


def _known_as(key: str, value: str) -> str:
    return value.casefold() if key == "serial" else value


def _contradictions(entry: Stated, asset: Asset) -> Iterator[str]:
    """Only what was seen contradicts: a machine behind a router shows no network card."""
    if entry.serial and asset.serial and entry.serial.casefold() != asset.serial.casefold():
        yield f"Its serial number is stated to be {entry.serial}, and was seen to be {asset.serial}."
    if entry.mac and asset.macs and entry.mac not in asset.macs:
        yield f"Its network card is stated to be {entry.mac}, and was seen to be {', '.join(asset.macs)}."
    if entry.address and asset.addresses and entry.address not in {*asset.addresses, *(stay.address for stay in asset.stays)}:
        yield f"It is stated to be at {entry.address}, and was seen at {', '.join(asset.addresses)}."
    if entry.ae and asset.ae_titles and entry.ae not in asset.ae_titles:
        yield f"It is stated to go by the AE title {entry.ae}, and goes by {', '.join(asset.ae_titles)}."
