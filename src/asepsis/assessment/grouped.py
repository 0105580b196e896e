"""Which machines the map draws as one: those of one kind and class in one part of the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asepsis.hospital.service import told_kind

from .networks import Prefix, narrowest, place
from .talks import MANY, OUTSIDE

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset


class Group(NamedTuple):
    """A part of the network, a kind (`possible CT` where it is a guess), a clinical class."""

    place: str
    kind: str
    clinical_class: str


APART = {OUTSIDE: Group("", OUTSIDE, ""), MANY: Group("", MANY, "")}
"""What stands for addresses outside, and for the many that one machine went through: no place and no kind are called so."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups by number, and the number of each asset's."""

    prefix: Prefix
    numbers: dict[Group, int]
    members: dict[str, int]

    def of(self, id: str, assets: Mapping[str, Asset]) -> int:
        """The number of an asset's group, also of one that came since; of what stands in no list its own."""
        if id not in self.members:
            group = APART[id] if id in APART else group_of(assets[id], self.prefix)
            if group not in self.numbers:
                self.numbers[group] = _make({group: 1})[group]
            self.members[id] = self.numbers[group]
        return self.members[id]


def group_of(asset: Asset, prefix: Prefix) -> Group:
    """The group of an asset."""
    return Group(place(asset, prefix)[:200], told_kind(asset)[:40], asset.clinical_class)


def grouped(assets: Collection[Asset]) -> Groups:
    """The groups of these assets, as the store numbers them."""
    from .models import GroupRow

    prefix = narrowest(assets)
    found = {asset.id: group_of(asset, prefix) for asset in assets}
    counted = Counter(found.values()) | Counter(dict.fromkeys(APART.values(), 1))
    numbers = _make(counted)
    GroupRow.objects.exclude(pk__in={numbers[group] for group in counted}).filter(machines__gt=0).update(machines=0)
    return Groups(prefix, numbers, {id: numbers[group] for id, group in (found | APART).items()})


def _make(counted: Mapping[Group, int]) -> dict[Group, int]:
    """The numbers of groups; those that there are not yet are made."""
    from .models import GroupRow

    known = {Group(row.place, row.kind, row.clinical_class): row for row in GroupRow.objects.all()}
    GroupRow.objects.bulk_create([GroupRow(**group._asdict(), machines=n) for group, n in counted.items() if group not in known])
    changed = [known[group] for group, n in counted.items() if group in known and known[group].machines != n]
    for row in changed:
        row.machines = counted[Group(row.place, row.kind, row.clinical_class)]
    GroupRow.objects.bulk_update(changed, ["machines"], batch_size=500)
    return {Group(*told): id for id, *told in GroupRow.objects.values_list("id", "place", "kind", "clinical_class")}
