"""How allauth behaves here: nobody signs himself up, and who comes in or goes is journalled."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth brings no types
    """People come by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
