"""The pages of what is on the network."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import site

from . import service
from .clinical import CLASSES
from .service import AssetsAsked


def assets(request: HttpRequest) -> HttpResponse:
    """The assets by name, a page at a time."""
    asked = AssetsAsked(*(request.GET.get(name, "").strip()[:200] for name in ("q", "kind", "zone", "class")))
    try:
        found, after = service.page_of_assets(site(), asked, request.GET.get("after", ""))
    except WrongUse as error:
        raise Http404(str(error)) from None
    kinds, zones = service.kinds_and_zones(site())
    here = request.GET.copy()
    here["after"] = after
    told = {
        "assets": found,
        "more": f"?{here.urlencode()}" if after else "",
        "asked": asked,
        "kinds": kinds,
        "zones": zones,
        "classes": CLASSES,
    }
    return render(request, "hospital/assets.html", told)


def asset(request: HttpRequest, id: str) -> HttpResponse:
    """What an asset is, and why that is believed."""
    try:
        one = service.asset(site(), id)
    except WrongUse as error:
        raise Http404(str(error)) from None
    return render(request, "hospital/asset.html", {"asset": one})
