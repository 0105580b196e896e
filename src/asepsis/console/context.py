"""What every page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asepsis import __version__
from asepsis.kit.pages import roles, site

from . import breaking
from .models import Person
from .role import Role, access

WORK = (
    ("findings:worklist", _("Worklist")),
    ("hospital:assets", _("Assets")),
    ("network:stories", _("Stories")),
    ("network:rules", _("Detection")),
    ("network:live", _("Live")),
    ("assessment:map", _("Map")),
    ("findings:approvals", _("Approvals")),
    ("lake:hunt", _("Hunt")),
    ("assessment:reports", _("Reports")),
)
"""The pages of every day, by the name of their address."""
SITE = (
    ("jobs:jobs", _("Jobs")),
    ("journal:entries", _("Journal")),
    ("console:people", _("People")),
    ("console:clients", _("Programs")),
    ("console:settings", _("Settings")),
    ("console:about", _("About")),
)
"""Those of the console itself, folded under one word."""


def shared(request: HttpRequest) -> dict[str, Any]:
    """The pages that who looks may see, which one this is, by name the addresses that are his to see (`sees`) and to act by (`may`), what
    he acts as, and who broke the glass."""
    acts_as = sorted(roles(request))
    work, about = (_links(pages, request) if acts_as else [] for pages in (WORK, SITE))
    sees, may = (frozenset(name for name in access() if acts_as and breaking.lets(request, name, how)) for how in ("GET", "POST"))
    return {
        "colleagues": colleagues,
        "pages": work,
        "site_pages": about,
        "sees": sees,
        "may": may,
        "acts_as": [Role(role).words for role in acts_as],
        "broken": getattr(request, "broken", []),
        "version": __version__,
        "site_name": site().name,
    }


def colleagues() -> list[str]:
    """Who can be given work; asked for by the pages that offer it."""
    return list(Person.objects.filter(is_active=True).order_by("username").values_list("username", flat=True))


def _links(pages: Iterable[tuple[str, Any]], request: HttpRequest) -> list[dict[str, Any]]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    seen = [(name, title) for name, title in pages if breaking.lets(request, name, "GET")]
    return [{"url": reverse(name), "title": title, "here": name == here} for name, title in seen]
