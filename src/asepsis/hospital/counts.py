"""How much of the network is known, in numbers, and who is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.kinds import UNKNOWN
from asepsis.kit.site import Site
from asepsis.settings import open_store


@dataclass(frozen=True, slots=True)
class Counts:
    """`unknown` are assets of which the kind is not known, `classes` how many there are of each clinical class; `zones` when an asset of
    each was last heard (UTC)."""

    assets: int = 0
    unknown: int = 0
    classes: Mapping[str, int] = field(default_factory=dict)
    zones: Mapping[str, datetime | None] = field(default_factory=dict)


def counts(site: Site) -> Counts:
    """How many assets the site has, of each clinical class, and when each zone was last heard."""
    open_store(site)
    from asepsis.hospital.models import AssetRow

    rows = AssetRow.objects
    classes = rows.by_class()
    return Counts(sum(classes.values()), rows.filter(kind=UNKNOWN).count(), classes, rows.heard())


def arrived(site: Site, since: datetime, until: datetime, most: int) -> tuple[list[Asset], Mapping[str, int]]:
    """The assets first heard from `since` to before `until`, the latest first, so many at the most; of each class how many there are."""
    open_store(site)
    from asepsis.hospital.models import AssetRow

    new = AssetRow.objects.filter(first_seen__gte=since, first_seen__lt=until)
    return [from_json(row.detail) for row in new.order_by("-first_seen", "id")[:most]], new.by_class()
