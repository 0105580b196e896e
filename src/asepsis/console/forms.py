"""allauth's forms of passkeys, for what no key made: text that is no answer of one is a wrong answer, and breaks nothing."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms

_NO_ANSWER = (AttributeError, KeyError, TypeError, ValueError)
"""What reading it ends with."""


class _Careful:
    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # of the form that it is mixed into
        except _NO_ANSWER:
            raise get_adapter().validation_error("incorrect_code") from None


class Authenticate(_Careful, forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth brings no types
    pass


class Reauthenticate(_Careful, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class LogIn(_Careful, forms.LoginWebAuthnForm):  # type: ignore[misc]
    pass


class Add(forms.AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> Any:
        try:
            return super().clean()
        except _NO_ANSWER:
            raise get_adapter().validation_error("incorrect_code") from None
