"""The pages of reports: which there are, a week, a month, each also as PDF."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString

from asepsis.findings.service import span
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.pages import or_404, site

from . import service
from .chart import svg
from .paper import Columns
from .service import Period

SHOWN = 6
"""Weeks and months that are offered; older ones are asked for by name."""


def reports(request: HttpRequest) -> HttpResponse:
    """The last weeks and months, and a way to any other."""
    week, month = (request.GET.get(name, "").strip()[:20] for name in ("week", "month"))
    if week or month:
        return _way_to(request, week, month)
    seen = span(site())
    # Where captures of long ago were read the last weeks are empty: those that something was seen in are meant.
    last = min(seen[1], _today()) if seen else _today()
    told = {
        "seen": seen,
        "weeks": service.lately(service.week_of(last), SHOWN)[::-1],
        "months": service.lately(service.month_of(last), SHOWN)[::-1],
    }
    return render(request, "assessment/reports.html", told)


def _way_to(request: HttpRequest, week: str, month: str) -> HttpResponse:
    try:
        if week:
            return redirect("assessment:weekly", name=service.week(week).name)
        return redirect("assessment:monthly", name=service.month(month).name)
    except WrongUse as error:
        messages.error(request, str(error))
        return redirect("assessment:reports")


def weekly(request: HttpRequest, name: str) -> HttpResponse:
    """The handover of a week."""
    with or_404():
        return _page(request, service.week(name))


def monthly(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a month."""
    with or_404():
        return _page(request, service.month(name))


def weekly_pdf(request: HttpRequest, name: str) -> HttpResponse:
    """The handover of a week as PDF."""
    with or_404():
        return _printed(request, service.week(name), "assessment:weekly")


def monthly_pdf(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a month as PDF."""
    with or_404():
        return _printed(request, service.month(name), "assessment:monthly")


def _page(request: HttpRequest, period: Period) -> HttpResponse:
    try:
        paper = service.report(site(), period, _today())
    except BadInput as error:
        messages.error(request, str(error))
        return redirect("assessment:reports")
    parts = [(part, [(block, _drawn(block)) for block in part.blocks]) for part in paper.parts]
    later = period.after if period.after.since <= _today() else None
    return render(request, "assessment/report.html", {"paper": paper, "parts": parts, "period": period, "later": later})


def _printed(request: HttpRequest, period: Period, page: str) -> HttpResponse:
    """The PDF; where it cannot be set, that is said on the page."""
    try:
        answer = HttpResponse(service.pdf(service.report(site(), period, _today())), content_type="application/pdf")
    except BadInput as error:
        messages.error(request, str(error))
        return redirect(page, name=period.name)
    answer["Content-Disposition"] = f'attachment; filename="{"board" if period.monthly else "handover"}-{period.name}.pdf"'
    return answer


def _drawn(block: object) -> str:
    """The chart of numbers over time; it is made of our own words and of numbers, and escaped where it is drawn."""
    return SafeString(svg(block)) if isinstance(block, Columns) else ""


def _today() -> date:
    return datetime.now(UTC).date()
