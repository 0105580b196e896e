"""What the pages of every room share: which site they are of, and how an error of ours is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from .errors import AsepsisError
from .site import Site

View = Callable[..., HttpResponse]


def site() -> Site:
    """The site that this process serves."""
    return Site.open(settings.SITE)


def act(view: View) -> View:
    """A view that changes something and leads to another page: what cannot be done is told there, and nothing is lost."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except AsepsisError as error:
            messages.error(request, str(error))
            return redirect(_back(request))

    return guarded


def _back(request: HttpRequest) -> str:
    """The page that the form stood on, where it names one of ours."""
    named = request.POST.get("next", "")
    return named if named.startswith("/") and not named.startswith("//") and "\\" not in named else "/"
