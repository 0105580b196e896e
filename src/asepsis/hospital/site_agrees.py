"""Entries of site.toml that cannot stand beside each other: whichever of the two counted, the other would be left out without a word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from asepsis.hospital.plan import Stated, Zone
from asepsis.hospital.toml_place import Path, Wrong

_OF_ONE = ("serial", "mac", "address")
"""Keys that two entries for one machine share."""
SHARING_MOST = 256
"""Machines behind one adapter, and more."""
_SAID = {"kind": "a kind", "clinical_class": "a clinical class"}


def agree(zones: Sequence[Zone], assets: Sequence[Stated]) -> None:
    """Raises Wrong for the later of two."""
    _names(zones)
    _somewhere(zones)
    _nets(zones)
    _vlans(zones)
    _kinds(assets)


def _names(zones: Sequence[Zone]) -> None:
    """A zone is known by its name: what is stated of one must not hold for another."""
    names: set[str] = set()
    for nth, zone in enumerate(zones):
        if zone.name.casefold() in names:
            raise Wrong(("zones", nth, "name"), f"'{zone.name}' names a zone above already; a zone may have many cidrs and vlans")
        names.add(zone.name.casefold())


def _somewhere(zones: Sequence[Zone]) -> None:
    for nth, zone in enumerate(zones):
        if not (zone.cidrs or zone.vlans):
            raise Wrong(("zones", nth), f"'{zone.name}' needs cidrs or vlans: no machine can be in it else")


def _nets(zones: Sequence[Zone]) -> None:
    """One net inside another is no fault: the narrower counts."""
    taken: dict[object, tuple[int, Path]] = {}
    for nth, zone in enumerate(zones):
        for item, net in enumerate(zone.cidrs):
            first, other = taken.setdefault(net, (nth, ("zones", nth, "cidrs", item)))
            if first != nth:
                said = f"'{net}' is a net of zone '{zones[first].name}' already; write a narrower one, or take it out of one of the two"
                raise Wrong(("zones", nth, "cidrs", item), said, other)


def _vlans(zones: Sequence[Zone]) -> None:
    taken: dict[int, tuple[int, Path]] = {}
    for nth, zone in enumerate(zones):
        for item, vlan in enumerate(zone.vlans):
            first, other = taken.setdefault(vlan, (nth, ("zones", nth, "vlans", item)))
            if first != nth:
                said = f"{vlan} is a VLAN of zone '{zones[first].name}' already; take it out of one of the two"
                raise Wrong(("zones", nth, "vlans", item), said, other)


def _kinds(assets: Sequence[Stated]) -> None:
    """Of machines that share an address or a card behind an adapter, another key tells them apart."""
    sharing: dict[tuple[str, str], list[int]] = defaultdict(list)
    for nth, stated in enumerate(assets):
        for key in _OF_ONE:
            value = getattr(stated, key).casefold()
            if len(sharing[key, value]) > SHARING_MOST:
                raise Wrong(
                    ("assets", nth, key), f"more than {SHARING_MOST} entries have the {key} '{getattr(stated, key)}'; is it a typing error?"
                )
            for first in sharing[key, value] if value else ():
                _one_kind(assets, first, nth, key)
            if value and any(getattr(stated, said) for said in _SAID):
                sharing[key, value].append(nth)


def _one_kind(assets: Sequence[Stated], first: int, nth: int, key: str) -> None:
    one, other = assets[first], assets[nth]
    if key != "serial" and _apart(one, other):
        return
    for said, words in _SAID.items():
        told = getattr(one, said), getattr(other, said)
        if all(told) and told[0] != told[1]:
            shared = f"{words} of the machine with {key} '{getattr(other, key)}' is stated above already, and is {told[0]} there"
            todo = "take one out" if key == "serial" else "take one out, or tell the two machines apart by ae or serial"
            raise Wrong(("assets", nth, said), f"{shared}; {todo}", ("assets", first, said))


def _apart(one: Stated, other: Stated) -> bool:
    """Whether one of their keys says that they are two machines; who has a title may stand behind who has none."""
    keys = [(getattr(one, key), getattr(other, key)) for key in ("serial", "mac", "address", "ae")]
    return any(all(pair) and pair[0].casefold() != pair[1].casefold() for pair in keys) or bool(one.ae) != bool(other.ae)
