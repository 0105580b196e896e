"""What a browser sends is text without NUL: PostgreSQL cannot keep one (chapter 8.3, Character Types), and nobody means one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from .body import STREAMED
from .problem import problem


class PlainText:
    """Middleware: refuses what holds a NUL, before anything is looked up by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any("\0" in text for text in _texts(request)):
            if request.path.startswith("/api/"):
                return problem(400, "a NUL in what was sent")
            raise BadRequest("a NUL in what was sent")
        return self._get_response(request)


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path
    # Captures are read as they come, and only once the door has let their sender through.
    for given in (request.GET,) if request.path in STREAMED else (request.GET, request.POST):
        for name, values in given.lists():
            yield name
            yield from map(str, values)
