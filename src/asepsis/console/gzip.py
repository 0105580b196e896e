"""Pages go out compressed, for old machines on slow lines; what tells news as they come does not, for it would wait until there is enough.

Django pads what it compresses at random, and masks its tokens anew on each page: what is secret cannot be told by length (BREACH).
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from .sitting import EVENTS


class Gzip(GZipMiddleware):
    """Middleware, the outermost."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith(EVENTS):
            return response
        return super().process_response(request, response)
