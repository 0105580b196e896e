"""What the pages of every room share: which site they are of, and how an error of ours is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from .errors import AsepsisError, WrongUse
from .site import Site

View = Callable[..., HttpResponse]
dangerous: Callable[[View], View] = reauthentication_required
"""A view before which one is asked whether it is still he, if that was not asked lately."""


def dangerous_form(view: View) -> View:
    """The same for a form that carries secrets. What was sent is not kept while one is asked, for it would lie in the store: the form is
    shown again, empty of them."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return dangerous(view)(request, *args, **kwargs)
        except ReauthenticationRequired:
            if request.method != "POST":
                raise
            messages.error(request, "Nothing was changed: it was too long ago that you said who you are. Fill in the form again.")
            return redirect(request.path)

    return guarded


def site() -> Site:
    """The site that this process serves."""
    return Site.open(settings.SITE)


def who(request: HttpRequest) -> str:
    """The name of the person who asks."""
    return str(request.user.get_username())


def roles(request: HttpRequest) -> frozenset[str]:
    """What who asks may act as: his own role and what he took in an emergency, or that alone. The door of the console says it."""
    return getattr(request, "roles", frozenset())


def act(view: View) -> View:
    """A view that changes something and leads to another page: what cannot be done is told there, and nothing is lost."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except AsepsisError as error:
            messages.error(request, str(error))
            return redirect(back(request))

    return guarded


@contextmanager
def or_404() -> Iterator[None]:
    """What is asked for by a name that nothing has, or more than one thing, is not there."""
    try:
        yield
    except WrongUse as error:
        raise Http404(str(error)) from None


def back(request: HttpRequest) -> str:
    """The page that the form stood on, where it names one of ours."""
    named = request.POST.get("next", "")
    return named if named.startswith("/") and url_has_allowed_host_and_scheme(named, allowed_hosts=None) else "/"
