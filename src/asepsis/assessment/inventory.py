"""The inventory in the report: by what patients depend on and by kind, the numbers first, the machines folded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from asepsis.findings.service import counted
from asepsis.hospital.service import KINDS, counted_kind, is_guess, kind_in_words, told_kind

from .markup import section, table
from .summary import CLASSES

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

ROWS_MAX = 2000
"""Rows of all tables together: so many a browser lays out at once, and a person does not read more."""
_EACH = (2000, 1000, 500, 300, 200, 100, 50, 20, 10)
_UNKNOWN = (
    "Nothing that was seen says what they are. Until somebody does, they rank like machines that watch patients: state them in site.toml."
)
_ORDER = ("life", "monitor", "support", "unknown", "none")
_HEADS = ("Machine", "Kind", "Maker, model, software", "Serial", "Address", "Zone", "Services", "Why")


def inventory(assets: Sequence[Asset]) -> str:
    """The section."""
    if not assets:
        return section("inventory", "Inventory", "<p>No machine was seen.</p>")
    kinds = _by_kind(assets)
    each = next((n for n in _EACH if sum(min(len(group), n) for group in kinds.values()) <= ROWS_MAX), _EACH[-1])
    parts = [f"<p>{counted(len(assets), 'machine')}.{_cut(each, kinds)}</p>"]
    for clinical in _ORDER:
        groups = [(kind, group) for (of, kind, _), group in kinds.items() if of == clinical]
        if groups:
            many = sum(len(group) for _, group in groups)
            parts.append(f"<h3>{CLASSES[clinical]}: {counted(many, 'machine')}</h3>")
            parts += [_kind(kind, group, each) for kind, group in groups]
    return section("inventory", "Inventory", "".join(parts))


def _by_kind(assets: Sequence[Asset]) -> dict[tuple[str, str, bool], list[Asset]]:
    """Assets of one class and kind together, the possible ones apart."""
    found: defaultdict[tuple[str, str, bool], list[Asset]] = defaultdict(list)
    for asset in sorted(assets, key=lambda asset: (asset.name, asset.id)):
        found[asset.clinical_class, asset.kind, is_guess(asset)].append(asset)
    kinds = list(KINDS)
    return dict(sorted(found.items(), key=lambda item: (kinds.index(item[0][1]) if item[0][1] in KINDS else len(kinds), *item[0])))


def _cut(each: int, kinds: dict[tuple[str, str, bool], list[Asset]]) -> str:
    if all(len(group) <= each for group in kinds.values()):
        return ""
    more = "<code>asepsis assets list</code> has all, <code>asepsis assets export</code> gives them to programs."
    return f" At most {each:,} of each kind are shown; {more}"


def _kind(kind: str, group: Sequence[Asset], each: int) -> str:
    words = counted_kind(len(group), told_kind(group[0])) if kind in KINDS else f"{len(group):,} {kind}"
    shown = f" ({each:,} of them shown)" if len(group) > each else ""
    note = f'<p class="quiet">{_UNKNOWN}</p>' if kind == "unknown" else ""
    rows = table(words, _HEADS, map(_row, group[:each]))
    return f"<details><summary>{escape(words)}{shown}</summary>{note}{rows}</details>"


def _row(asset: Asset) -> tuple[str, ...]:
    return (
        asset.name,
        kind_in_words(asset),
        " ".join(filter(None, (asset.manufacturer, asset.model, asset.software))),
        asset.serial,
        ", ".join(asset.addresses[:4]),
        asset.zone,
        ", ".join(asset.services),
        asset.why[0] if asset.why else "",
    )
