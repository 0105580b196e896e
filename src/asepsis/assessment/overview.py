"""What is on the network, as some lines of text: how many of each kind, where, and what they are called. What patients depend on most comes
first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from asepsis.findings.service import counted
from asepsis.hospital.service import KINDS, Asset, called, counted_kind, is_guess, told_kind
from asepsis.kit.command import DEFAULT_SITE, at
from asepsis.kit.errors import one_line

# Lines that are read before the worklist; of a large hospital each kind has fewer, and at least one.
LINES = 40
EACH = (8, 5, 3, 2, 1)
# Characters of what an asset is called.
NAME = 80
_CLASSES = ("life", "monitor", "support", "unknown", "none")


def overview(assets: Sequence[Asset], site: Path = DEFAULT_SITE) -> str:
    """The inventory in short. What was seen on the wire cannot break out of its line."""
    kinds = _by_kind(assets)
    each = next((n for n in EACH if sum(min(len(found), n) for found in kinds) <= LINES), EACH[-1])
    rows = [row for found in kinds for row in _rows(found, each)]
    head = f"On the network: {counted(len(assets), 'asset')}"
    if len(rows) < len(assets):
        head += f"; some of each kind, `asepsis assets list{at(site)}` has all"
    wide = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return "\n".join([head, "", *(f"  {kind:<{wide[0]}}  {address:<{wide[1]}}  {name}".rstrip() for kind, address, name in rows)])


def _by_kind(assets: Sequence[Asset]) -> list[list[Asset]]:
    """Assets of one kind together, the possible ones apart."""
    kinds: dict[tuple[int, int, bool], list[Asset]] = defaultdict(list)
    order = list(KINDS)
    for asset in sorted(assets, key=lambda asset: (asset.name, asset.id)):
        kinds[_CLASSES.index(KINDS[asset.kind].clinical_class), order.index(asset.kind), is_guess(asset)].append(asset)
    return [found for _, found in sorted(kinds.items())]


def _rows(found: Sequence[Asset], each: int) -> list[tuple[str, str, str]]:
    kind = counted_kind(len(found), told_kind(found[0]))
    return [(kind if n == 0 else "", _address(asset), _words(asset)) for n, asset in enumerate(found[:each])]


def _address(asset: Asset) -> str:
    known = asset.addresses or asset.macs or ("",)
    return one_line(known[0]) + (f" +{len(known) - 1}" if len(known) > 1 else "")


def _words(asset: Asset) -> str:
    """What it is called, and what it does besides."""
    roles = ", ".join(KINDS[role].words for role in asset.roles)
    sends = "sends HL7" if "hl7 user" in asset.services else ""
    return "; ".join(filter(None, (one_line(called(asset), NAME), f"also {roles}" if roles else "", sends)))
