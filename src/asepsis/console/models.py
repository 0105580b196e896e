"""Who may log in, and what invites them."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from .glass import May
from .role import Role


class Person(AbstractUser):
    """Somebody who works with the console: one of its own people, or of the hospital's directory, which keeps his password and says his
    role."""

    role = models.CharField(max_length=16, choices=[(role.value, role.words) for role in Role], default=Role.VIEWER.value)
    glass = models.CharField(max_length=8, choices=[(may.value, may.words) for may in May], default=May.ROLE.value)
    by_directory = models.BooleanField(default=False)

    def has_usable_password(self) -> bool:
        return self.by_directory or super().has_usable_password()


class Invitation(models.Model):
    """A link that lets one person in once. Of its word only the digest is kept (SHA-256 of 256 random bits: nothing to guess)."""

    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=16)
    made = models.DateTimeField()
    until = models.DateTimeField()
    used = models.DateTimeField(null=True)
    by = models.CharField(max_length=150)


class Client(models.Model):
    """A program that asks over the API. Of its token only the digest is kept, as of an invitation."""

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    made = models.DateTimeField()
    until = models.DateTimeField()
    by = models.CharField(max_length=150)
    withdrawn = models.DateTimeField(null=True)


class Guesses(models.Model):
    """Wrong passwords for a name from one place, of both of which a digest is kept (`guessing.place`)."""

    place = models.CharField(max_length=64, unique=True)
    wrong = models.PositiveIntegerField()
    last = models.DateTimeField(db_index=True)


class Broken(models.Model):
    """A glass that somebody broke. The reason is shown to everybody."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    role = models.CharField(max_length=16, choices=[(role.value, role.words) for role in Role])
    reason = models.CharField(max_length=200)
    began = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    without_factor = models.BooleanField()
    ended = models.DateTimeField(null=True)
    by = models.CharField(max_length=150, default="")


class ApprovalLink(models.Model):
    """A link by which one person answers one approval, once, with a second factor. Of its word only the digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    approval = models.CharField(max_length=13)
    until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used = models.DateTimeField(null=True)


class JobRow(models.Model):
    """Captures that somebody gave, and what became of them; `jobs.job.Job` says what each field means."""

    id = models.CharField(max_length=24, primary_key=True)
    by = models.CharField(max_length=200)
    captures = models.IntegerField()
    bytes = models.BigIntegerField()
    state = models.CharField(max_length=16, db_index=True)
    made = models.DateTimeField(db_index=True)
    began = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    words = models.CharField(max_length=600, default="")
    stopping = models.BooleanField(default=False)
    tries = models.SmallIntegerField(default=0)
