"""What the API tells of findings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from asepsis.kit.pages import or_404, site

from . import service
from .form import finding_form, line_form

api = Router(tags=["findings"])


@api.get("/worklist", response=list[dict[str, Any]], url_name="worklist")
def worklist(request: HttpRequest) -> list[dict[str, Any]]:
    """What to do, in order: at most some forty lines."""
    return [line_form(line) for line in service.worklist(site())]


@api.get("/findings/{id}", response=dict[str, Any], url_name="finding")
def finding(request: HttpRequest, id: str) -> dict[str, Any]:
    """All of one finding, by its id or the beginning of it."""
    with or_404():
        return finding_form(service.show(site(), id))
