"""Browsers in which somebody has logged in before: who guesses at a password from elsewhere does not slow its owner there.

A signed cookie holds, for each of the last people of this browser (a ward shares one), a digest of the name and a number of its own. It
opens nothing: a password is asked for as ever, and wrong ones are counted for this browser alone.
Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

_SALT = "asepsis console device"
_LASTS = timedelta(days=90)
PEOPLE = 30


def known(request: HttpRequest, name: str) -> str | None:
    """The number of this browser for who is called `name`; None if he has not logged in with it."""
    return _held(request).get(_tag(name))


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Lets the browser carry that `name` has logged in with it, under a new number each time."""
    others = {tag: number for tag, number in _held(request).items() if tag != _tag(name)}
    held = dict([*others.items(), (_tag(name), secrets.token_urlsafe(12))][-PEOPLE:])
    response.set_cookie(
        _cookie(),
        signing.dumps(held, salt=_SALT),
        max_age=_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _held(request: HttpRequest) -> dict[str, str]:
    try:
        held: dict[str, str] = signing.loads(request.COOKIES.get(_cookie(), ""), salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return {}
    return held


def _cookie() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def _tag(name: str) -> str:
    return salted_hmac(_SALT, name.encode("utf-8", "surrogatepass"), algorithm="sha256").hexdigest()[:16]
