"""People whose password the hospital's directory keeps. The console's own people never depend on it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import ldap
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django_auth_ldap.backend import LDAPBackend, _LDAPUser, ldap_error

from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import site

from . import people
from .models import Person
from .role import Role

_named = UnicodeUsernameValidator()


class Backend(LDAPBackend):  # type: ignore[misc]  # it brings no types
    """django-auth-ldap, with a role by group, and without a way to somebody else's account."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Person | None:
        try:
            # A directory overlooks marks that nobody sees (RFC 4518 2.2), and so each would be another name to who counts tries.
            _named(username or "")
        except ValidationError:
            return None
        found: Person | None = super().authenticate(request, username=username, password=password)
        return found

    def authenticate_ldap_user(self, ldap_user: Any, password: str) -> Person | None:
        if Person.objects.filter(username__iexact=ldap_user._username, by_directory=False).exists():
            # His password is the console's business alone. He is looked up like others, so that the time tells nothing.
            _ = ldap_user.dn
            return None
        found: Person | None = super().authenticate_ldap_user(ldap_user, password)
        return found

    def get_or_build_user(self, username: str, ldap_user: Any) -> tuple[Person, bool]:
        """The person, with the role that his groups give him now. Whoever is in none of them stays out, and so does whom an administrator
        let in no more."""
        name = _attribute(ldap_user)
        person = Person.objects.filter(username__iexact=name).first()
        role = role_of(ldap_user.group_dns, settings.DIRECTORY.roles)
        if role is None or (person is not None and not (person.by_directory and person.is_active)):
            raise _LDAPUser.AuthenticationFailed
        try:
            person = people.from_directory(site(), person, name, role)
        except WrongUse as error:
            raise _LDAPUser.AuthenticationFailed from error
        return person, False

    def get_user(self, user_id: int) -> Person | None:
        return Person.objects.filter(pk=user_id, is_active=True, by_directory=True).first()


def role_of(groups: set[str], roles: Sequence[tuple[Role, Sequence[str]]]) -> Role | None:
    """What who is in these groups may do; None: nothing."""
    known = {_plain(group) for group in groups}
    return next((role for role, named in roles if not known.isdisjoint(map(_plain, named))), None)


def _plain(name: str) -> str:
    """A distinguished name without what makes no difference: spaces between its parts, and case (RFC 4514; RFC 4517 4.2.15)."""
    try:
        return str(ldap.dn.dn2str(ldap.dn.str2dn(name))).casefold()
    except ldap.DECODING_ERROR:
        return name.casefold()


def _attribute(ldap_user: Any) -> str:
    """The name as the directory writes it: what was typed may be written otherwise."""
    said = {name.lower(): values for name, values in (ldap_user.attrs or {}).items()}
    values = said.get(settings.DIRECTORY.name.lower())
    if not values:
        raise _LDAPUser.AuthenticationFailed
    return str(values[0]).lower()


def silent(sender: object, exception: Exception, request: HttpRequest | None = None, **_: Any) -> None:
    """The directory does not answer, or not as it should: told to who runs the console, and to who logs in."""
    print(f"asepsis: the directory does not answer: {type(exception).__name__}", file=sys.stderr, flush=True)
    if request is not None:
        messages.warning(request, "The directory of the hospital does not answer. People of the console's own can log in.")


ldap_error.connect(silent, dispatch_uid="silent")
