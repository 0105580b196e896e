"""Nobody gets past the table of who may use what: an address that is not in it is closed."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from allauth.core import exceptions
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from asepsis.journal.service import acting

from . import breaking
from .problem import problem

View = Callable[..., HttpResponse]
_ANSWERS = (Http404, PermissionDenied, exceptions.ImmediateHttpResponse, exceptions.RateLimited, exceptions.ReauthenticationRequired)
"""What others make a page of: nothing broke."""


class Door:
    """Middleware, the innermost: asks the table once the address is known, and lets what is done be journalled under the person's name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        breaking.enter(request)
        if not request.user.is_authenticated:
            answer = self._get_response(request)
        else:
            with acting(f"console:{request.user.get_username()}"):
                answer = self._get_response(request)
        # What is shown to one must not be found in the browser by the next who sits down here.
        add_never_cache_headers(answer)
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """One line of what broke, for who runs the console: neither the address nor what was sent, which may hold secrets."""
        if isinstance(error, _ANSWERS):
            return
        name = request.resolver_match.view_name if request.resolver_match else "?"
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"asepsis: {name} broke: {type(error).__name__} in {Path(where.filename).name}:{where.lineno}", file=sys.stderr, flush=True)

    def process_view(self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HttpResponse | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        if breaking.lets(request, name, request.method or ""):
            return None
        if request.path.startswith("/api/"):
            return problem(405)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return render(request, "console/closed.html", status=403)
