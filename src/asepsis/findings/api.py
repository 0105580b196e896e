"""What the API tells of findings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from asepsis.kit.pages import or_404, site

from . import service
from .form import finding_form, line_form
from .service import Decision, FindingsAsked, Kind, State

api = Router(tags=["findings"])


@api.get("/worklist", response=list[dict[str, Any]], url_name="worklist")
def worklist(request: HttpRequest) -> list[dict[str, Any]]:
    """What to do, in order: at most some forty lines."""
    return [line_form(line) for line in service.worklist(site())]


class Asked(Schema):
    """Which findings, and where to read on (`next` of the page before). `state`, `decision` and `kind` are words of findings."""

    state: State | None = None
    decision: Decision | None = None
    kind: Kind | None = None
    check: str = Field("", max_length=200)
    asset: str = Field("", max_length=200)
    assigned: str = Field("", max_length=150)
    q: str = Field("", max_length=200)
    cursor: str = Field("", max_length=4000)


class FindingsPage(Schema):
    """Some findings without their history, and where the next begin: null after the last."""

    items: list[dict[str, Any]]
    next: str | None


@api.get("/findings", response=FindingsPage, url_name="findings")
def findings(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """The findings in the order of the worklist."""
    told = {name: value for name, value in asked.dict().items() if name not in ("q", "cursor") and value}
    wanted = FindingsAsked.of({"state": "", **told, "words": asked.q})
    found, after = service.page_of_findings(site(), wanted, asked.cursor)
    return {"items": [finding_form(one) for one in found], "next": after or None}


@api.get("/findings/{id}", response=dict[str, Any], url_name="finding")
def finding(request: HttpRequest, id: str) -> dict[str, Any]:
    """All of one finding, by its id or the beginning of it."""
    with or_404():
        return finding_form(service.show(site(), id))
