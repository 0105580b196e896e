"""Programs that ask over the API: each with a token of its own, for what it needs, until a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction

from asepsis.journal.service import record
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

from .invitation import digest, word
from .models import Client

LONGEST = timedelta(days=366)


class Scope(StrEnum):
    """What a token is good for."""

    ASSETS = "assets:read"
    FINDINGS = "findings:read"
    JOBS = "jobs:read"
    CAPTURES = "captures:give"
    DETECTION = "detection:read"


def admit(site: Site, name: str, scopes: list[Scope], until: datetime, by: str) -> str:
    """Makes a client; its token, which is shown this once. Raises WrongUse."""
    now, given = datetime.now(UTC), word()
    if not name.strip() or not scopes:
        raise WrongUse("a client has a name and is let in for something", name[:40], "name it, and choose what it may read")
    if not now < until <= now + LONGEST:
        raise WrongUse(f"cannot let it in until {until:%Y-%m-%d}", name[:40], "name a day from tomorrow to a year from now")
    try:
        with transaction.atomic():
            told = {"scopes": [scope.value for scope in scopes], "until": until.isoformat(timespec="seconds")}
            Client.objects.create(name=name.strip()[:100], digest=digest(given), scopes=told["scopes"], made=now, until=until, by=by)
            record(site, "console.admit", name.strip()[:100], told)
    except IntegrityError:
        raise WrongUse("a client has this name", name[:40], "choose another") from None
    return given


def known(token: str) -> Client | None:
    """The client whose token this is, if it is good today."""
    return Client.objects.filter(digest=digest(token), withdrawn=None, until__gt=datetime.now(UTC)).first()


def withdraw(site: Site, name: str) -> None:
    """Lets a client in no more. Raises WrongUse if there is none."""
    with transaction.atomic():
        if not Client.objects.filter(name=name, withdrawn=None).update(withdrawn=datetime.now(UTC)):
            raise WrongUse("no client has this name", name[:40])
        record(site, "console.withdraw", name, {})
