"""Channels: set up, changed, tried, switched off, taken away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import act, dangerous, dangerous_form, or_404, site

from . import service
from .service import DECISIONS, Channel, Kind

_SETTINGS = "console:settings"


@dangerous_form
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Sets up a channel; the key of a webhook is shown this once."""
    with or_404():
        of = service.kind_of(kind)
    told, error = _given(request), ""
    if request.method == "POST":
        try:
            made, key = service.add(site(), kind, told["name"], told["least"], told)
        except WrongUse as wrong:
            error = str(wrong)
        else:
            messages.success(request, f"{made.name} is set up. Try it with a test notice.{_shown(key)}")
            return redirect(_SETTINGS)
    return _form(request, of, told | {"least": told["least"] or "immediate"}, error)


@dangerous_form
def channel(request: HttpRequest, id: int) -> HttpResponse:
    """Changes a channel; secrets that are left empty stay."""
    with or_404():
        known = service.channel(site(), id)
    if request.method != "POST":
        stated = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in known.settings.items()}
        return _form(request, known.kind, stated | {"name": known.name, "least": known.least}, "", known)
    told = _given(request)
    try:
        made = service.change(site(), id, told["name"], told["least"], told)
    except WrongUse as wrong:
        return _form(request, known.kind, told, str(wrong), known)
    messages.success(request, f"{made.name} is changed.")
    return redirect(_SETTINGS)


@act
def test(request: HttpRequest, id: int) -> HttpResponse:
    """Sends a test notice, and says what came back."""
    said = service.test(site(), id, request.build_absolute_uri("/").rstrip("/"))
    messages.success(request, f"The test notice went out: {said}.")
    return redirect(_SETTINGS)


@dangerous
@act
def switch(request: HttpRequest, id: int) -> HttpResponse:
    """Switches a channel on or off."""
    one = service.switch(site(), id, request.POST.get("on") == "yes")
    messages.success(request, f"{one.name} is {'on' if one.on else 'off'} now.")
    return redirect(_SETTINGS)


@dangerous
@act
def renew(request: HttpRequest, id: int) -> HttpResponse:
    """Gives a webhook a new key, which is shown this once."""
    messages.success(request, f"From now on it signs with a new key.{_shown(service.renew(site(), id))}")
    return redirect(_SETTINGS)


@act
def again(request: HttpRequest, id: int) -> HttpResponse:
    """Tries dead letters again."""
    count = service.again(site(), id)
    messages.success(request, f"{count} will be tried again.")
    return redirect(_SETTINGS)


@dangerous
@act
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Takes a channel away."""
    service.delete(site(), id)
    messages.success(request, "The channel is gone, with its secrets and what waited for it.")
    return redirect(_SETTINGS)


def _given(request: HttpRequest) -> dict[str, str]:
    return {"name": "", "least": ""} | {name: value for name, value in request.POST.items() if isinstance(value, str)}


def _shown(key: str) -> str:
    return f" Its key, shown this once: {key}" if key else ""


def _form(request: HttpRequest, kind: Kind, told: dict[str, str], error: str, known: Channel | None = None) -> HttpResponse:
    """The form with what was entered, but for secrets."""
    fields = [(field, "" if field.secret else told.get(field.name, "")) for field in kind.fields]
    page: dict[str, Any] = {
        "kind": kind,
        "fields": fields,
        "name": told.get("name", ""),
        "least": told.get("least", ""),
        "decisions": reversed(DECISIONS),
        "error": error,
        "channel": known,
    }
    return render(request, "notices/channel.html", page, status=422 if error else 200)
