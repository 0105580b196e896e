"""What is read of many assets at once from the store, without looking at each: a page, a choice, names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.listing import PAGE, AssetsAsked
from asepsis.kit.marks import read_mark, write_mark
from asepsis.kit.site import Site
from asepsis.settings import open_store

if TYPE_CHECKING:
    from asepsis.hospital.models import AssetRow

NAMED_MAX = 500


def asset_rows(site: Site) -> type[AssetRow]:
    """The table of assets of this site. Imported late: without an open store Django has no models."""
    open_store(site)
    from asepsis.hospital.models import AssetRow

    return AssetRow


def page_of_assets(site: Site, asked: AssetsAsked, after: str = "", most: int = PAGE) -> tuple[list[Asset], str]:
    """The assets that are asked for, in order, as many as stand on a page, those after a mark; and the mark of the last if there are more.

    A mark is where a page ended, and no number of a page: a long list is read on from there, however far down that is. Raises WrongUse for
    a mark that is none.
    """
    rows = asset_rows(site).objects.filter(**asked.columns)
    if asked.words:
        rows = rows.filter(words__contains=asked.words.lower())
    if after:
        kinds = [int if column == "silence" else str for column in asked.order]
        rows = rows.behind(asked.order, read_mark(after, *kinds))
    found = list(rows.order_by(*asked.order)[: most + 1])
    last = write_mark([getattr(found[most - 1], column) for column in asked.order]) if len(found) > most else ""
    return [from_json(row.detail) for row in found[:most]], last


def ids_of_assets(site: Site, words: str, most: int) -> list[str]:
    """The assets that have these words in their name, an address or a title: at most so many ids."""
    rows = asset_rows(site).objects.order_by().filter(words__contains=words.lower())
    return list(rows.values_list("id", flat=True)[:most])


def names_of_assets(site: Site, ids: Sequence[str]) -> dict[str, str]:
    """What assets are called, by their ids; of those that are known."""
    return dict(asset_rows(site).objects.order_by().filter(id__in=ids[:NAMED_MAX]).values_list("id", "name"))


def assets_named(site: Site, ids: Collection[str]) -> list[Asset]:
    """Those of these ids that are saved, by name."""
    rows, wanted = asset_rows(site).objects, sorted(set(ids))
    found = [row for at in range(0, len(wanted), NAMED_MAX) for row in rows.filter(id__in=wanted[at : at + NAMED_MAX])]
    return sorted((from_json(row.detail) for row in found), key=lambda a: (a.name, a.id))


def kinds_and_zones(site: Site) -> tuple[list[str], list[str]]:
    """Which kinds and zones the saved assets have."""
    rows = asset_rows(site).objects.order_by()
    kinds, zones = (sorted({*rows.values_list(column, flat=True).distinct()} - {""}) for column in ("kind", "zone"))
    return kinds, zones
