"""A long list of assets, a page at a time: which are asked for, in what order, and which columns of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from asepsis.hospital.asset import Asset
from asepsis.hospital.export import COLUMNS
from asepsis.kit.errors import WrongUse

PAGE = 100
SHOWN = ("kind", "clinical_class", "zone", "addresses", "manufacturer", "model", "last_seen")
"""The columns that a table has beside the name, unless others are asked for."""
SORTS: Mapping[str, Sequence[str]] = {
    "name": ("name", "id"),
    "kind": ("kind", "name", "id"),
    "clinical_class": ("clinical_class", "name", "id"),
    "zone": ("zone", "name", "id"),
    "manufacturer": ("maker", "name", "id"),
    "last_seen": ("silence", "id"),
}
"""By which columns of the store a list can be ordered; what was seen last comes first."""
NEVER = 1 << 62
"""The silence of what was never seen."""
_LAST = datetime.max


@dataclass(frozen=True, slots=True)
class AssetsAsked:
    """Those of a kind, a zone, a clinical class, where these are not empty; and `words` that a name, an address or a title has. `sort` is
    one of SORTS."""

    words: str = ""
    kind: str = ""
    zone: str = ""
    clinical_class: str = ""
    sort: str = "name"

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Self:
        """What an address asks for. Raises WrongUse for an order that there is none of."""
        given = {name: told.get(name, "").replace("\0", "").strip()[:200] for name in ("q", "kind", "zone", "class", "sort")}
        if given["sort"] and given["sort"] not in SORTS:
            raise WrongUse("no such order", given["sort"][:40], f"choose one of: {', '.join(SORTS)}")
        return cls(given["q"], given["kind"], given["zone"], given["class"], given["sort"] or "name")

    @property
    def columns(self) -> Mapping[str, str]:
        """What columns are to be equal to."""
        told = {"kind": self.kind, "zone": self.zone, "clinical_class": self.clinical_class}
        return {name: value for name, value in told.items() if value}

    @property
    def order(self) -> Sequence[str]:
        """The columns of the store that the list is ordered by."""
        return SORTS[self.sort]


def columns_of(wanted: Sequence[str]) -> Sequence[str]:
    """The columns that are shown, in the order that a table has; WrongUse for what is none."""
    if unknown := set(wanted) - set(COLUMNS):
        raise WrongUse("no such column", sorted(unknown)[0][:40], f"choose of: {', '.join(COLUMNS)}")
    return [name for name in COLUMNS if name in (wanted or SHOWN) and name != "name"]


def words_of(asset: Asset) -> str:
    """All by which somebody may look for an asset, in lower case: names, ids of now and before, addresses, titles, numbers."""
    named = (asset.name, asset.id, *asset.former, asset.manufacturer, asset.model, asset.serial, asset.station, asset.owner)
    listed = (asset.addresses, asset.macs, asset.ae_titles, asset.hl7_applications, asset.hostnames)
    return "\n".join(dict.fromkeys(word.lower() for word in (*named, *(one for words in listed for one in words)) if word))


def maker_of(asset: Asset) -> str:
    """Maker and model, to be ordered by."""
    return f"{asset.manufacturer} {asset.model}".strip()[:600]


def silence_of(asset: Asset) -> int:
    """How long ago an asset was seen, in microseconds to the end of the calendar: what was seen last has the least."""
    return NEVER if asset.last_seen is None else (_LAST - asset.last_seen.replace(tzinfo=None)) // _MICROSECOND


_MICROSECOND = datetime.resolution
