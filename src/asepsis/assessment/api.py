"""What the API tells of weeks and months: the numbers, and nothing of who did what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from asepsis.kit.pages import or_404, site

from . import service

api = Router(tags=["reports"])


@api.get("/reports/{name}", response=dict[str, Any], url_name="report")
def report(request: HttpRequest, name: str) -> dict[str, Any]:
    """The numbers of a week (`2026-W49`) or of a month (`2026-11`)."""
    with or_404():
        period = service.period_of(name)
    return service.report_form(site(), period, datetime.now(UTC).date())
