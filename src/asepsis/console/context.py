"""What every page shows."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from asepsis import __version__
from asepsis.kit.pages import site

from . import breaking
from .role import Role, access

PAGES = (
    ("findings:worklist", "Worklist"),
    ("hospital:assets", "Assets"),
    ("journal:entries", "Journal"),
    ("console:people", "People"),
    ("console:clients", "Programs"),
    ("console:about", "About"),
)


def shared(request: HttpRequest) -> dict[str, Any]:
    """The pages that who looks may see, which one this is, by name the acts (`may`) that are his to do, and who broke the glass."""
    roles = sorted(breaking.roles(request)) if hasattr(request, "user") else []
    here = request.resolver_match.view_name if request.resolver_match else ""
    lets = partial(breaking.lets, request)
    pages = [{"url": reverse(name), "title": title, "here": name == here} for name, title in PAGES if roles and lets(name, "GET")]
    may = frozenset(name for name in access() if roles and lets(name, "POST"))
    told = {"pages": pages, "may": may, "version": __version__, "site_name": site().name}
    return told | {"acts_as": [Role(role).words for role in roles], "broken": getattr(request, "broken", [])}
