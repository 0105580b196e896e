"""Glass that is broken, in the store: who has which role by it, until when, and who ended it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth import logout
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from asepsis.journal.service import acting, record
from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import roles
from asepsis.kit.site import Site

from . import glass
from .glass import LASTS, May
from .models import Broken, Person
from .role import Role, allowed

SESSION = "glass"
"""In the session of who came in without his second factor: which glass it was. It ends with it."""
_OWN = ("mfa_", "account_change_password")


def break_glass(site: Site, person: Person, taken: str, reason: str, without_factor: bool = False) -> Broken:
    """Gives a person another role from now on, for an hour. The reason stays in the store and is shown; the journal says the rest. Raises
    WrongUse where it is not for him, without a reason, and while one runs."""
    role, said = glass.check(May(person.glass), Role(person.role), taken, without_factor), glass.why(reason)
    now = datetime.now(UTC)
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        mine = [one.pk for one in running() if one.person_id == person.pk]
        if mine and not without_factor:
            raise WrongUse("you broke the glass already", todo="end it first")
        # Who has lost his phone meanwhile cannot get to where he would end it.
        Broken.objects.filter(pk__in=mine).update(ended=now, by=person.username)
        told = {"role": role.value, "until": (now + LASTS).isoformat(timespec="seconds"), "without_factor": without_factor}
        with acting(f"console:{person.username}"):
            record(site, "console.break_glass", person.username, told)
        return Broken.objects.create(
            person=person, role=role.value, reason=said, began=now, until=now + LASTS, without_factor=without_factor
        )


def end(site: Site, number: str, by: str) -> Broken:
    """Ends it at once. Raises WrongUse where none runs, and for who is neither the person nor an administrator."""
    with transaction.atomic():
        found = next((one for one in running() if str(one.pk) == number), None)
        if found is None:
            raise WrongUse("it has ended already")
        if found.person.username != by and not Person.objects.filter(username=by, role=Role.ADMINISTRATOR.value).exists():
            raise WrongUse("this is for the person and for administrators")
        record(site, "console.mend_glass", found.person.username, {"role": found.role})
        found.ended, found.by = datetime.now(UTC), by
        found.save()
    return found


def allow(site: Site, username: str, may: May) -> None:
    """Lets a person break the glass, or not. Raises WrongUse for somebody who is not there."""
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(username=username, is_active=True).first()
        if person is None:
            raise WrongUse("nobody of this name can log in", username[:40])
        record(site, "console.allow_glass", username, {"from": person.glass, "to": may.value})
        Person.objects.filter(pk=person.pk).update(glass=may.value)
        if may is May.NO:
            Broken.objects.filter(person=person, ended=None).update(ended=datetime.now(UTC), by="allow")


def running() -> list[Broken]:
    """What is broken now."""
    now = datetime.now(UTC)
    found = Broken.objects.filter(began__lte=now, until__gt=now, ended=None, person__is_active=True)
    return list(found.select_related("person").order_by("began"))


def lately(count: int) -> list[Broken]:
    """The last ones that are over."""
    over = Broken.objects.filter(Q(until__lte=datetime.now(UTC)) | ~Q(ended=None))
    return list(over.select_related("person").order_by("-began")[:count])


def enter(request: HttpRequest) -> None:
    """Asked for each page first: what is broken (`request.broken`), what who asks may act as (`request.roles`), and out with who came in by
    a glass that is whole again. `roles` are his own and what he took; only what he took where he came in without his second factor."""
    broken = running() if request.user.is_authenticated else []
    request.broken, request.roles = broken, frozenset[str]()  # type: ignore[attr-defined]
    if not request.user.is_authenticated:
        return
    by_glass = _by_glass(request)
    if SESSION in request.session and by_glass is None:
        logout(request)
    elif by_glass is not None:
        request.roles = frozenset({by_glass.role})  # type: ignore[attr-defined]
    else:
        taken = (one.role for one in broken if one.person_id == request.user.pk)
        request.roles = frozenset({request.user.role, *taken})  # type: ignore[attr-defined]


def lets(request: HttpRequest, name: str, method: str) -> bool:
    """Whether the table lets who asks use an address by a method. What keeps an account is not for who came in without second factor."""
    if name.startswith(_OWN) and _by_glass(request) is not None:
        return False
    return any(allowed(name, method, role) for role in roles(request) or (None,))


def _by_glass(request: HttpRequest) -> Broken | None:
    number = request.session.get(SESSION)
    return next((one for one in _broken(request) if one.pk == number and one.person_id == request.user.pk), None)


def _broken(request: HttpRequest) -> list[Broken]:
    found: list[Broken] = getattr(request, "broken", [])
    return found
