"""What the API tells of assets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from asepsis.kit.pages import or_404, site

from . import service
from .service import AssetsAsked, as_json

api = Router(tags=["assets"])


class Asked(Schema):
    """Which assets, and where to read on (`next` of the page before)."""

    q: str = ""
    kind: str = ""
    zone: str = ""
    clinical_class: str = ""
    cursor: str = ""


class AssetsPage(Schema):
    """Some assets, and where the next begin: null after the last."""

    items: list[dict[str, Any]]
    next: str | None


@api.get("/assets", response=AssetsPage, url_name="assets")
def assets(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """The assets by name."""
    found, after = service.page_of_assets(site(), AssetsAsked(asked.q, asked.kind, asked.zone, asked.clinical_class), asked.cursor)
    return {"items": [as_json(one) for one in found], "next": after or None}


@api.get("/assets/{id}", response=dict[str, Any], url_name="asset")
def asset(request: HttpRequest, id: str) -> dict[str, Any]:
    """One asset, by its id or the beginning of it."""
    with or_404():
        return as_json(service.asset(site(), id))
