"""What every page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from asepsis import __version__
from asepsis.kit.pages import site

from .role import access, allowed

PAGES = (
    ("findings:worklist", "Worklist"),
    ("hospital:assets", "Assets"),
    ("journal:entries", "Journal"),
    ("console:people", "People"),
    ("console:clients", "Programs"),
    ("console:settings", "Settings"),
    ("console:about", "About"),
)


def shared(request: HttpRequest) -> dict[str, Any]:
    """The pages that who looks may see, which one this is, and by name the acts (`may`) that are his to do."""
    role = getattr(request.user, "role", None) if hasattr(request, "user") and request.user.is_authenticated else None
    here = request.resolver_match.view_name if request.resolver_match else ""
    pages = [{"url": reverse(name), "title": title, "here": name == here} for name, title in PAGES if role and allowed(name, "GET", role)]
    may = frozenset(name for name in access() if role and allowed(name, "POST", role))
    return {"pages": pages, "may": may, "version": __version__, "site_name": site().name}
