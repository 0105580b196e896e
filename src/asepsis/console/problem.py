"""What is wrong, for a program: RFC 9457, Problem Details for HTTP APIs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse

ERRORS = (400, 401, 403, 404, 405, 422)
"""What every operation may answer instead of what it is for."""
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
"""The schema of an answer, in JSON Schema 2020-12."""


def problem(status: int, detail: str = "", **more: Any) -> HttpResponse:
    """An answer of this status, with what is wrong in words and `more` members."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status} | ({"detail": detail} if detail else {}) | more
    answer = JsonResponse(told, status=status, content_type="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="asepsis"'
    return answer
