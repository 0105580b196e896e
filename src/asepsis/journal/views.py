"""The page of who did what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from asepsis.kit.pages import site

from . import service

SHOWN = 200


def entries(request: HttpRequest) -> HttpResponse:
    """The last entries, the newest first."""
    found, count = service.last(site(), SHOWN)
    return render(request, "journal/entries.html", {"entries": found, "shown": SHOWN, "count": count})
