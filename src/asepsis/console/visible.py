"""Marks that turn the direction of text are shown, and do nothing: a name that a machine gives itself must not be read as another.

Source: Unicode Standard Annex 9, 2.1 to 2.3 (embeddings, overrides, isolates); Unicode Technical Report 36, 2.5 (spoofing by them).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_MARKS = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""U+202A to U+202E and U+2066 to U+2069, in UTF-8."""


class Visible:
    """Middleware: looks through every page as it goes out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
            answer.content = _MARKS.sub(lambda mark: f"<U+{ord(mark[0].decode()):04X}>".translate(_SHOWN).encode(), answer.content)
        return answer


_SHOWN = {ord("<"): "\u2039", ord(">"): "\u203a"}
"""In brackets that are no markup."""
