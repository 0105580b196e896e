"""What every page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from asepsis import __version__
from asepsis.kit.pages import site

from .models import Person
from .role import access, allowed

WORK = (
    ("findings:worklist", "Worklist"),
    ("hospital:assets", "Assets"),
    ("network:stories", "Stories"),
    ("network:rules", "Detection"),
    ("network:live", "Live"),
    ("assessment:map", "Map"),
    ("findings:approvals", "Approvals"),
    ("lake:hunt", "Hunt"),
    ("assessment:reports", "Reports"),
)
"""The pages of every day, by the name of their address."""
SITE = (
    ("jobs:jobs", "Jobs"),
    ("journal:entries", "Journal"),
    ("console:people", "People"),
    ("console:clients", "Programs"),
    ("console:settings", "Settings"),
    ("console:about", "About"),
)
"""Those of the console itself, folded under one word."""


def shared(request: HttpRequest) -> dict[str, Any]:
    """The pages that who looks may see, which one this is, and by name the addresses that are his to see (`sees`) and to act by (`may`)."""
    role = getattr(request.user, "role", None) if hasattr(request, "user") and request.user.is_authenticated else None
    here = request.resolver_match.view_name if request.resolver_match else ""
    work, about = (_links(pages, here, role) for pages in (WORK, SITE))
    sees, may = (frozenset(name for name in access() if role and allowed(name, method, role)) for method in ("GET", "POST"))
    return {
        "colleagues": colleagues,
        "pages": work,
        "site_pages": about,
        "sees": sees,
        "may": may,
        "version": __version__,
        "site_name": site().name,
    }


def colleagues() -> list[str]:
    """Who can be given work; asked for by the pages that offer it."""
    return list(Person.objects.filter(is_active=True).order_by("username").values_list("username", flat=True))


def _links(pages: Iterable[tuple[str, str]], here: str, role: str | None) -> list[dict[str, Any]]:
    if not role:
        return []
    return [{"url": reverse(name), "title": title, "here": name == here} for name, title in pages if allowed(name, "GET", role)]
