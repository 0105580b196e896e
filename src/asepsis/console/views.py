"""The console's own pages: is it well, coming in, people, about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from asepsis.findings.service import Approval, Standing, Verdict
from asepsis.hospital.service import names_of_assets
from asepsis.journal.service import last
from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import act, dangerous, site
from asepsis.notices.service import failing

from . import approving, breaking, clients, device, parts, people
from .clients import Scope
from .glass import May
from .models import Client, Invitation, Person
from .role import Role

BACKEND = "django.contrib.auth.backends.ModelBackend"


def healthz(_: HttpRequest) -> HttpResponse:
    """That this process answers; nothing else is told to strangers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(_: HttpRequest) -> HttpResponse:
    """Whether every part runs: 503 where one does not. Which, is told on the page about."""
    known = parts.read(site().path)
    ready = bool(known) and all(part.running for part in known)
    return JsonResponse({"ready": ready}, status=200 if ready else 503)


def welcome(request: HttpRequest, word: str) -> HttpResponse:
    """Whom a link invites chooses a name and a password."""
    role = people.invited(word)
    if role is None:
        return render(request, "console/welcome.html", {"gone": True}, status=410)
    told: dict[str, object] = {"role": role, "username": request.POST.get("username", "")}
    if request.method == "POST":
        password = request.POST.get("password", "")
        try:
            if password != request.POST.get("again", ""):
                raise WrongUse("the two passwords differ")
            person = people.come_in(site(), word, request.POST.get("username", ""), password)
        except WrongUse as error:
            return render(request, "console/welcome.html", told | {"error": str(error)}, status=422)
        login(request, person, backend=BACKEND)
        record_authentication(request, person, method="password", reauthenticated=True)
        response = redirect("findings:worklist")
        device.remember(request, response, person.username)
        return response
    return render(request, "console/welcome.html", told)


def people_page(request: HttpRequest) -> HttpResponse:
    """Who there is, and who may come."""
    waiting = Invitation.objects.filter(used=None).order_by("-made")[:50]
    told = {"people": Person.objects.filter(is_active=True).order_by("username"), "roles": list(Role), "waiting": waiting}
    told |= {"glass": list(May), "over": breaking.lately(20)}
    return render(request, "console/people.html", told)


@dangerous
@act
def invite(request: HttpRequest) -> HttpResponse:
    """Makes a link for one person; it is shown this once."""
    try:
        role = Role(request.POST.get("role", ""))
    except ValueError:
        raise WrongUse("no such role", request.POST.get("role", "")[:40], "choose one") from None
    word = people.invite(site(), role, request.user.get_username())
    link = request.build_absolute_uri(reverse("console:welcome", kwargs={"word": word}))
    messages.success(request, f"Give this link to the {role.words}; it works once, for a day: {link}")
    return redirect("console:people")


@dangerous
@act
def become(request: HttpRequest) -> HttpResponse:
    """Gives a person another role, or none."""
    username, wanted = request.POST.get("username", ""), request.POST.get("role", "")
    if wanted and wanted not in list(Role):
        raise WrongUse("no such role", wanted[:40], "choose one")
    people.become(site(), username, Role(wanted) if wanted else None)
    messages.success(request, f"{username} is {Role(wanted).words} now." if wanted else f"{username} can log in no more.")
    return redirect("console:people")


def clients_page(request: HttpRequest) -> HttpResponse:
    """Which programs may ask over the API."""
    told = {"clients": Client.objects.filter(withdrawn=None).order_by("name"), "scopes": list(Scope)}
    return render(request, "console/clients.html", told)


@dangerous
@act
def admit(request: HttpRequest) -> HttpResponse:
    """Lets a program in; its token is shown this once."""
    try:
        scopes = [Scope(one) for one in request.POST.getlist("scopes")]
        until = datetime.combine(date.fromisoformat(request.POST.get("until", "")), time(23, 59, 59), UTC)
    except ValueError:
        raise WrongUse("not understood", todo="choose what it may read, and a day") from None
    token = clients.admit(site(), request.POST.get("name", ""), scopes, until, request.user.get_username())
    messages.success(request, f"Its token, shown this once: {token}")
    return redirect("console:clients")


@act
def withdraw(request: HttpRequest) -> HttpResponse:
    """Lets a program in no more."""
    name = request.POST.get("name", "")
    clients.withdraw(site(), name)
    messages.success(request, f"{name} is let in no more.")
    return redirect("console:clients")


def about(request: HttpRequest) -> HttpResponse:
    """What runs here."""
    _, count = last(site(), 1)
    told = {"parts": parts.read(site().path), "journalled": count, "failing": failing(site())}
    return render(request, "console/about.html", told)


@act
def ask_by_link(request: HttpRequest, id: str) -> HttpResponse:
    """Makes a link by which one person answers an approval; it is shown this once."""
    to = request.POST.get("to", "")
    given = approving.link(site(), id, to)
    link = request.build_absolute_uri(reverse("console:approve", kwargs={"word": given}))
    messages.success(request, f"Give this link to {to}; with a code of his second factor he answers once: {link}")
    return redirect("findings:approval", id=id)


def approve(request: HttpRequest, word: str) -> HttpResponse:
    """Answering by link: first a code, then what is asked, then the answer."""
    if approving.found(word) is None:
        return render(request, "console/approve.html", {"gone": True}, status=410)
    given = request.POST
    proof = given.get("proof", "")
    try:
        if "verdict" in given:
            after = approving.answered(site(), word, proof, Verdict.read(given["verdict"]), given.get("words", ""))
            return _wish(request, after, done=True)
        if "code" in given:
            asked, proof = approving.shown(site(), word, given["code"])
            return _wish(request, asked, proof=proof)
    except WrongUse as error:
        # Who has shown his code keeps what he reads and has written.
        asked_still = approving.asked_of(site(), word, proof)
        if asked_still is not None:
            return _wish(request, asked_still, proof=proof, error=str(error), words=given.get("words", ""), status=422)
        return render(request, "console/approve.html", {"error": str(error)}, status=422)
    return render(request, "console/approve.html", {})


def _wish(request: HttpRequest, asked: Approval, status: int = 200, **more: object) -> HttpResponse:
    """What is asked, with the names of what it touches, and how it stands."""
    standing, known = asked.standing(datetime.now(UTC)), names_of_assets(site(), asked.wish.assets)
    told = {"approval": asked, "standing": standing, "waiting": standing is Standing.WAITING}
    told |= {"assets": [known.get(one, one) for one in asked.wish.assets], **more}
    return render(request, "console/approve.html", told, status=status)
