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

    @property
    def bedside(self) -> bool:
        """Whether its machines treat, examine or watch patients."""
        return self.clinical_class in AT_BEDSIDE

    @property
    def whole(self) -> Group:
        """All of its place that are at the bedside as it is, or are not: a group without a kind."""
        return Group(self.place, "", AT_BEDSIDE[0] if self.bedside else "") if self.place else self


AT_BEDSIDE = ("life", "monitor")
"""Classes of machines that treat, examine or watch patients."""
APART = {OUTSIDE: Group("", OUTSIDE, ""), MANY: Group("", MANY, "")}
"""What stands for addresses outside, and for the many that one machine went through: no place and no kind are called so."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups by number, the number of each asset's, and of each group that of its whole."""

    prefix: Prefix
    numbers: dict[Group, int]
    members: dict[str, int]
    wholes: dict[int, int]

    def of(self, id: str, assets: Mapping[str, Asset]) -> int:
        """The number of an asset's group, also of one that came since; of what stands in no list its own."""
        if id not in self.members:
            group = APART[id] if id in APART else group_of(assets[id], self.prefix)
            if group not in self.numbers:
                self.numbers.update(_make({group: 1}))
                self.wholes[self.numbers[group]] = self.numbers[group.whole]
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
    wholes = {number: numbers[group.whole] for group, number in numbers.items() if group.whole in numbers}
    return Groups(prefix, numbers, {id: numbers[group] for id, group in (found | APART).items()}, wholes)


def _make(counted: Mapping[Group, int]) -> dict[Group, int]:
    """The numbers of groups and of their wholes; those that there are not yet are made."""
    from .models import GroupRow

    known = {Group(row.place, row.kind, row.clinical_class): row for row in GroupRow.objects.all()}
    counted = dict.fromkeys((group.whole for group in counted), 0) | dict(counted)
    GroupRow.objects.bulk_create([GroupRow(**group._asdict(), machines=n) for group, n in counted.items() if group not in known])
    numbers = {Group(*told): id for id, *told in GroupRow.objects.values_list("id", "place", "kind", "clinical_class")}
    changed = [
        row for group, row in known.items() if group in counted and (row.machines, row.whole) != (counted[group], numbers[group.whole])
    ]
    changed += GroupRow.objects.filter(whole=None)
    for row in changed:
        group = Group(row.place, row.kind, row.clinical_class)
        row.machines, row.whole = counted.get(group, row.machines), numbers[group.whole]
    GroupRow.objects.bulk_update(changed, ["machines", "whole"], batch_size=500)
    return numbers
