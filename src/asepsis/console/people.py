"""People of the console: who there is, who is invited, who comes in."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from asepsis.journal.service import acting, record
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

from .invitation import LASTS, digest, word
from .models import Broken, Invitation, Person
from .role import Role


def invite(site: Site, role: Role, by: str) -> str:
    """A word for one person to come in with, once, within a day; the journal says who was invited as what, never the word."""
    now, given = datetime.now(UTC), word()
    with transaction.atomic():
        record(site, "console.invite", role.value, {"until": (now + LASTS).isoformat(timespec="seconds")})
        Invitation.objects.create(digest=digest(given), role=role.value, made=now, until=now + LASTS, by=by)
    return given


def invited(given: str) -> Role | None:
    """As what the word lets somebody in; None if it does not, or not any more."""
    found = Invitation.objects.filter(digest=digest(given), used=None, until__gt=datetime.now(UTC)).first()
    return Role(found.role) if found else None


def come_in(site: Site, given: str, username: str, password: str) -> Person:
    """Makes the person whom a word invited. Raises WrongUse with what is wrong with the word, the name or the password."""
    person = Person(username=username.strip())
    try:
        person.full_clean(exclude=["password", "role"])
        _unlike_others(person.username)
        validate_password(password, person)
    except ValidationError as error:
        raise WrongUse(" ".join(error.messages)) from None
    with transaction.atomic():
        # Who takes the word takes it alone: the row is changed only where nobody has used it.
        now = datetime.now(UTC)
        role = invited(given)
        if role is None or not Invitation.objects.filter(digest=digest(given), used=None).update(used=now):
            raise WrongUse("this link lets nobody in any more", todo="ask an administrator for another")
        person.role = role.value
        person.set_password(password)
        person.save()
        with acting(f"console:{person.username}"):
            record(site, "console.come_in", person.username, {"role": role.value})
    return person


def from_directory(site: Site, person: Person | None, username: str, role: Role) -> Person:
    """Who comes by the hospital's directory, with the role that it gives him now: known already, or new. Raises WrongUse for a name that
    cannot be one here."""
    if person is not None and person.role == role:
        return person
    with transaction.atomic(), acting(f"console:{username}"):
        if person is None:
            person = Person(username=username, by_directory=True, role=role.value)
            person.set_unusable_password()
            try:
                person.full_clean(exclude=["password"])
            except ValidationError as error:
                raise WrongUse(" ".join(error.messages)) from None
            _unlike_others(username)
            record(site, "console.come_in", username, {"role": role.value, "by": "directory"})
        else:
            record(site, "console.become", username, {"from": person.role, "to": role.value, "by": "directory"})
            person.role = role.value
        person.save()
    return person


def _unlike_others(username: str) -> None:
    """Raises WrongUse for a name that would be read as another's, on pages and in the journal (UTS 39, 5.2: one alphabet of those that look
    alike)."""
    named = unicodedata.normalize("NFKC", username)
    if len({unicodedata.name(letter, "?").split()[0] for letter in named} & {"LATIN", "GREEK", "CYRILLIC"}) > 1:
        raise WrongUse("this name mixes alphabets", todo="write it in one")
    if Person.objects.filter(username__iexact=named).exists():
        raise WrongUse("somebody is called so already", named[:40], "choose another")


def become(site: Site, username: str, role: Role | None) -> Person:
    """Gives a person another role; None: he logs in no more, and what he has open ends at once. Raises WrongUse for somebody who is not
    there, and for the last administrator: nobody could invite others any more."""
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(username=username, is_active=True).first()
        if person is None:
            raise WrongUse("nobody of this name can log in", username[:40])
        if person.by_directory and role is not None:
            raise WrongUse("the groups of the directory say what this person may do", username, "change them there")
        if role is not Role.ADMINISTRATOR and not _other_administrators(person):
            raise WrongUse("this is the last administrator", username, "make somebody else one first")
        record(site, "console.become", username, {"from": person.role, "to": role.value if role else "nobody"})
        # What he took in an emergency was taken in his role of before.
        Broken.objects.filter(person=person, ended=None).update(ended=datetime.now(UTC), by="become")
        person.role, person.is_active = (role or Role(person.role)).value, role is not None
        person.save()
    return person


def _other_administrators(person: Person) -> bool:
    return _administrators().exclude(pk=person.pk).exists()


def without_administrator() -> bool:
    """Whether nobody can invite others yet."""
    return not _administrators().exists()


def _administrators() -> QuerySet[Person]:
    """Of the console's own: the hospital's directory may be dead when one is needed."""
    return Person.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True, by_directory=False)
