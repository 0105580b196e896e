"""How allauth behaves here: nobody signs himself up, who guesses is slowed, and what second factors are made of is sealed."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext

from . import comings, device, guessing, tries
from .models import Person


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth brings no types
    """People come by invitation, and guess slowly (`guessing`), where they log in and where they are asked whether it is still they."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        name = credentials.get("username", "")
        self._place = tries.place(request, name, self.get_client_ip(request))
        self._tries, wait = tries.begin(self._place)
        if wait:
            raise ValidationError(_slowly(int(wait.total_seconds()) + 1))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        person: Person | None = super().authenticate(request, **credentials)
        if person is not None:
            tries.right(self._place)
        return person

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        if self._tries == guessing.FREE:
            comings.slowed(credentials.get("username", ""), self.get_client_ip(request))

    def post_login(self, request: HttpRequest, user: Person, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        device.remember(request, response, user.username)
        return response


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]  # the same
    """What second factors are made of is kept sealed: who reads the store alone cannot compute a code."""

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()


def _slowly(seconds: int) -> str:
    return ngettext(
        "Too many wrong passwords for this name from here. Wait %(seconds)d second.",
        "Too many wrong passwords for this name from here. Wait %(seconds)d seconds.",
        seconds,
    ) % {"seconds": seconds}


def _seal() -> Fernet:
    """Fernet under a key of its own (HKDF, RFC 5869), of the secret that the site keeps beside the store."""
    key = HKDF(SHA256(), 32, salt=None, info=b"asepsis console second factors").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
