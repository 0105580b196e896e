"""Who came and went, and whom a wrong password kept out, in the journal: under the name of an account that there is, or of none.

What somebody writes into the field of the name may be a password.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa import signals as factors
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from asepsis.journal.service import acting, record
from asepsis.kit.pages import site

from .models import Person

NOBODY = "?"
"""No account is called so."""


def _record(act: str, name: str, **detail: Any) -> None:
    with acting(f"console:{name}"):
        record(site(), act, name, detail)


def came(sender: object, user: Person, **_: Any) -> None:
    _record("console.log_in", user.username)


def went(sender: object, user: Person | None, **_: Any) -> None:
    if user is not None:
        _record("console.log_out", user.username)


def kept_out(sender: object, credentials: dict[str, Any], **_: Any) -> None:
    _record("console.refused", _known(credentials.get("username") or ""))


def slowed(name: str, address: str) -> None:
    """So many wrong passwords that who writes them has to wait."""
    _record("console.slowed", _known(name), address=address)


def _known(name: str) -> str:
    """The name of an account, or NOBODY. Both are written down: else the time that takes would tell which names there are."""
    return name if Person.objects.filter(username=name).exists() else NOBODY


def factor_added(sender: object, user: Person, authenticator: Any, **_: Any) -> None:
    _record("console.factor_added", user.username, factor=authenticator.type)


def factor_removed(sender: object, user: Person, authenticator: Any, **_: Any) -> None:
    _record("console.factor_removed", user.username, factor=authenticator.type)


def listen() -> None:
    """From now on it is written down."""
    for signal, hears in (
        (user_logged_in, came),
        (user_logged_out, went),
        (user_login_failed, kept_out),
        (factors.authenticator_added, factor_added),
        (factors.authenticator_removed, factor_removed),
    ):
        signal.connect(hears, dispatch_uid=hears.__name__)
