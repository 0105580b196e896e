"""What is wrong, for a program: RFC 9457, Problem Details for HTTP APIs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse


def problem(status: int, detail: str = "", **more: Any) -> HttpResponse:
    """An answer of this status, with what is wrong in words and `more` members."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status} | ({"detail": detail} if detail else {}) | more
    answer = JsonResponse(told, status=status, content_type="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="asepsis"'
    return answer
