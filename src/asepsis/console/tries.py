"""Tries at passwords, in the store: every process that serves counts the same ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from . import device, guessing
from .models import Guesses

MOST = 20_000
"""Places that are remembered, some 200 bytes each; of more the oldest are forgotten."""


def place(request: HttpRequest, name: str, address: str) -> str:
    """Under what a try at the password of `name` is counted."""
    return guessing.place(f"asepsis console guessing {settings.SECRET_KEY}".encode(), name, device.known(request, name), address)


def begin(where: str) -> tuple[int, timedelta]:
    """Counts a try as a wrong one before it is looked at, so that many at once are many: which wrong one it is, and how long to wait if it
    is too early (then it is not counted)."""
    now = datetime.now(UTC)
    with transaction.atomic():
        row, new = Guesses.objects.select_for_update().get_or_create(place=where, defaults={"wrong": 1, "last": now})
        if new:
            _forget(now)
            return 1, timedelta()
        wait = guessing.wait(row.wrong, now - row.last)
        if not wait:
            row.wrong, row.last = guessing.next_wrong(row.wrong, now - row.last), now
            row.save()
        return row.wrong, wait


def right(where: str) -> None:
    """Whoever knows the password starts anew."""
    Guesses.objects.filter(place=where).delete()


def _forget(now: datetime) -> None:
    Guesses.objects.filter(last__lt=now - guessing.QUIET).delete()
    over = Guesses.objects.count() - MOST
    if over > 0:
        oldest = list(Guesses.objects.order_by("last").values_list("pk", flat=True)[:over])
        Guesses.objects.filter(pk__in=oldest).delete()
