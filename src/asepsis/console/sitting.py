"""How long somebody stays logged in: not longer than a shift, and not where nobody sits any more.

Source: OWASP Session Management Cheat Sheet, "Session Expiration" (idle and absolute timeout).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

IDLE_S, SHIFT_S = 30 * 60, 12 * 3600
_STEP_S = 60
"""What is remembered of the last act is no finer than this, so that not every page writes."""
BEGAN, ACTED = "began", "acted"
POLL = "X-Poll"
"""Header of what a page asks by itself, which is no sign that somebody is there."""
EVENTS = "text/event-stream"
"""What a page that listens accepts: no sign of anybody either."""


class Sitting:
    """Middleware: logs out whose time is over, before anything is done in his name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, kept = time.time(), request.session
            began, acted = kept.setdefault(BEGAN, now), kept.setdefault(ACTED, now)
            # A clock that was set back must not make a session last.
            if not 0 <= now - began <= SHIFT_S or not -_STEP_S <= now - acted <= IDLE_S:
                logout(request)
            elif POLL not in request.headers and request.headers.get("Accept") != EVENTS and now - acted > _STEP_S:
                kept[ACTED] = now
        return self._get_response(request)
