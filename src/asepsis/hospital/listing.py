"""A long list of assets, a page at a time: which are asked for, and where to read on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asepsis.hospital.asset import Asset

PAGE = 100


@dataclass(frozen=True, slots=True)
class AssetsAsked:
    """Those of a kind, a zone, a clinical class, where these are not empty; and `words` that a name, an address or a title has."""

    words: str = ""
    kind: str = ""
    zone: str = ""
    clinical_class: str = ""

    @property
    def columns(self) -> Mapping[str, str]:
        """What columns are to be equal to."""
        told = {"kind": self.kind, "zone": self.zone, "clinical_class": self.clinical_class}
        return {name: value for name, value in told.items() if value}


def words_of(asset: Asset) -> str:
    """All by which somebody may look for an asset, in lower case: names, addresses, titles, numbers."""
    named = (asset.name, asset.id, asset.manufacturer, asset.model, asset.serial, asset.station, asset.owner)
    listed = (asset.addresses, asset.macs, asset.ae_titles, asset.hl7_applications, asset.hostnames)
    return "\n".join(dict.fromkeys(word.lower() for word in (*named, *(one for words in listed for one in words)) if word))
