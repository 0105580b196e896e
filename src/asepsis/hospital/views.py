"""The pages of what is on the network."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from asepsis.kit.pages import or_404, site

from . import service
from .clinical import CLASSES
from .service import AssetsAsked


def assets(request: HttpRequest) -> HttpResponse:
    """The assets by name, a page at a time."""
    asked = AssetsAsked(*(request.GET.get(name, "").strip()[:200] for name in ("q", "kind", "zone", "class")))
    with or_404():
        found, after = service.page_of_assets(site(), asked, request.GET.get("after", ""))
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
    with or_404():
        one = service.asset(site(), id)
    return render(request, "hospital/asset.html", {"asset": one})
