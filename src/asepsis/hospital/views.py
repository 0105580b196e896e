"""The pages of what is on the network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from asepsis.kit.pages import act, or_404, site

from . import service
from .clinical import CLASSES
from .export import COLUMNS
from .service import KINDS, SORTS, Asset, AssetsAsked

EDITED = ("name", "kind", "clinical_class", "owner", "manufacturer", "model")
_AT_ONCE = 1_000


def assets(request: HttpRequest) -> HttpResponse:
    """The assets in order, a page at a time, with the columns that are asked for."""
    with or_404():
        asked, columns = AssetsAsked.of(request.GET.dict()), service.columns_of(request.GET.getlist("column"))
        found, after = service.page_of_assets(site(), asked, request.GET.get("after", ""))
    kinds, zones = service.kinds_and_zones(site())
    told = {
        "assets": [(asset, _shown(asset, columns)) for asset in found],
        "columns": [(name, _title(name), _with(request, sort=name) if name in SORTS else "") for name in columns],
        "by_name": _with(request, sort="name"),
        "every_column": [(name, _title(name), name in columns) for name in COLUMNS if name != "name"],
        "more": _with(request, after=after) if after else "",
        "csv": f"{request.path}.csv?{_asked(request)}",
        "asked": asked,
        "kinds": kinds,
        "zones": zones,
        "classes": CLASSES,
    }
    return render(request, "hospital/assets.html", told)


def assets_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All that the list would show, from its top to its end, with the same columns in the same order."""
    with or_404():
        asked, columns = AssetsAsked.of(request.GET.dict()), service.columns_of(request.GET.getlist("column"))
    answer = StreamingHttpResponse(_lines(asked, ["name", *columns]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="assets.csv"'
    return answer


def asset(request: HttpRequest, id: str) -> HttpResponse:
    """What an asset is, and why that is believed."""
    with or_404():
        one = service.asset(site(), id)
    told = {
        "asset": one,
        "edited": [(name, _title(name), getattr(one, name)) for name in EDITED if name not in ("kind", "clinical_class")],
        "kinds": sorted(KINDS),
        "classes": CLASSES,
        "acts": service.acts(site(), one),
        "parts": sorted({*one.addresses, *one.macs, *one.ae_titles}) if len({*one.addresses, *one.macs, *one.ae_titles}) > 1 else [],
    }
    return render(request, "hospital/asset.html", told)


@act
def edit(request: HttpRequest, id: str) -> HttpResponse:
    """Says what an asset is, where that differs from what is known."""
    one = service.asset(site(), id)
    told = {name: request.POST.get(name, "").strip() for name in EDITED}
    said = service.set_(site(), one.id, {name: value for name, value in told.items() if value and value != getattr(one, name)})
    messages.success(request, f"Kept: {said.words}")
    return redirect("hospital:asset", id=one.id)


@act
def merge(request: HttpRequest, id: str) -> HttpResponse:
    """Says that an asset and another are one machine."""
    service.merge(site(), [id, request.POST.get("other", "").strip()])
    messages.success(request, "Kept. They are one machine as soon as the inventory is taken again.")
    return redirect("hospital:asset", id=id)


@act
def split(request: HttpRequest, id: str) -> HttpResponse:
    """Says that what goes by one address or title of an asset is another machine."""
    service.split(site(), id, request.POST.get("what", ""))
    messages.success(request, "Kept. They are two machines as soon as the inventory is taken again.")
    return redirect("hospital:asset", id=id)


@act
def undo(request: HttpRequest, n: int) -> HttpResponse:
    """Takes back what somebody said of an asset."""
    said = service.undo(site(), n)
    messages.success(request, f"Taken back: {said.words} It shows as soon as the inventory is taken again.")
    return redirect("hospital:asset", id=said.assets[0])


async def _lines(asked: AssetsAsked, columns: Sequence[str]) -> AsyncIterator[str]:
    yield service.csv_line(columns)
    after, page = "", sync_to_async(service.page_of_assets)
    while True:
        found, after = await page(site(), asked, after, _AT_ONCE)
        yield "".join(service.csv_line(service.cells(one, columns)) for one in found)
        if not after:
            return


def _shown(asset: Asset, columns: Sequence[str]) -> list[str]:
    """Its cells as a person reads them: times to the minute."""
    told = zip(columns, service.cells(asset, columns), strict=True)
    return [cell[:16].replace("T", " ") if column.endswith("_seen") else cell for column, cell in told]


def _title(column: str) -> str:
    return {"clinical_class": "Class", "ae_titles": "AE titles", "macs": "Network cards", "hl7_applications": "HL7 applications"}.get(
        column, column.replace("_", " ").capitalize()
    )


def _asked(request: HttpRequest, **changed: str) -> str:
    asked = [(name, value) for name in request.GET for value in request.GET.getlist(name) if name not in {"after", *changed} and value]
    return urlencode([*asked, *((name, value) for name, value in changed.items() if value)])


def _with(request: HttpRequest, **changed: str) -> str:
    """This page, asked for otherwise."""
    return f"?{_asked(request, **changed)}"
