"""What the API tells of assets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from asepsis.kit.pages import or_404, site

from . import service
from .service import AssetsAsked, as_json

api = Router(tags=["assets"])


class Asked(Schema):
    """Which assets, and where to read on (`next` of the page before)."""

    q: str = Field("", max_length=200)
    kind: str = Field("", max_length=200)
    zone: str = Field("", max_length=200)
    clinical_class: str = Field("", max_length=40)
    sort: str = Field("name", max_length=40)
    cursor: str = Field("", max_length=4000)


class AssetsPage(Schema):
    """Some assets, and where the next begin: null after the last."""

    items: list[dict[str, Any]]
    next: str | None


@api.get("/assets", response=AssetsPage, url_name="assets")
def assets(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """The assets by name."""
    told = {"q": asked.q, "kind": asked.kind, "zone": asked.zone, "class": asked.clinical_class, "sort": asked.sort}
    found, after = service.page_of_assets(site(), AssetsAsked.of(told), asked.cursor)
    return {"items": [as_json(one) for one in found], "next": after or None}


@api.get("/assets/{id}", response=dict[str, Any], url_name="asset")
def asset(request: HttpRequest, id: str) -> dict[str, Any]:
    """One asset, by its id or the beginning of it."""
    with or_404():
        return as_json(service.asset(site(), id))
