"""The doors of an emergency: break the glass, end it, and say beforehand who may."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import act, dangerous, site

from . import breaking
from .glass import TAKEN, May
from .models import Broken
from .role import Role


def glass(request: HttpRequest) -> HttpResponse:
    """Somebody who is logged in takes another role."""
    if request.method == "POST":
        error, broken = _broken(request, request.user)
        if broken:
            messages.warning(request, f"You act as {Role(broken.role).words} too, until {broken.until:%H:%M} UTC. Everybody sees it.")
            return redirect("findings:worklist")
        return _page(request, request.user, error)
    return _page(request, request.user)


@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")  # type: ignore[untyped-decorator]  # as all of allauth
def enter(request: HttpRequest) -> HttpResponse:
    """Somebody who gave his password has no second factor at hand, and comes in as what he takes alone."""
    stage = request._login_stage  # type: ignore[attr-defined]
    person = stage.login.user
    if request.method == "POST":
        error, broken = _broken(request, person, without_factor=True)
        if broken is None:
            return _page(request, person, error, without_factor=True)
        response: HttpResponse = stage.exit()
        request.session[breaking.SESSION] = broken.pk
        return response
    return _page(request, person, without_factor=True)


@act
def mend(request: HttpRequest) -> HttpResponse:
    """Ends it."""
    broken = breaking.end(site(), request.POST.get("number", ""), request.user.get_username())
    messages.success(request, f"{broken.person.username} acts as {Role(broken.role).words} no more.")
    return redirect("findings:worklist")


@dangerous
@act
def allow(request: HttpRequest) -> HttpResponse:
    """Says whether a person may break the glass."""
    username, wanted = request.POST.get("username", ""), request.POST.get("glass", "")
    if wanted not in list(May):
        raise WrongUse("not understood", wanted[:40], "choose one")
    breaking.allow(site(), username, May(wanted))
    messages.success(request, f"In an emergency, {username} may take: {May(wanted).words}.")
    return redirect("console:people")


def _broken(request: HttpRequest, person: Any, without_factor: bool = False) -> tuple[str, Broken | None]:
    try:
        return "", breaking.break_glass(site(), person, request.POST.get("role", ""), request.POST.get("reason", ""), without_factor)
    except WrongUse as error:
        return str(error), None


def _page(request: HttpRequest, person: Any, error: str = "", without_factor: bool = False) -> HttpResponse:
    told = {"error": error, "taken": TAKEN, "without_factor": without_factor, "reason": request.POST.get("reason", "")}
    told["allowed"] = May(person.glass) in ((May.FACTOR,) if without_factor else (May.ROLE, May.FACTOR))
    return render(request, "console/glass.html", told, status=422 if error else 200)
