"""Queries that people keep, for all."""

from __future__ import annotations

from django.db import models

from asepsis.kit.errors import WrongUse
from asepsis.kit.free_text import free_text
from asepsis.lake.library import Query, shipped

NAME, MOST = 100, 500
"""Characters of a name, and queries that are kept: a list that is longer helps nobody."""


class SavedQuery(models.Model):
    """A `library.Query` that `who` kept."""

    name = models.CharField(max_length=NAME, unique=True)
    text = models.TextField()
    who = models.CharField(max_length=150)
    kept = models.DateTimeField()

    def query(self) -> Query:
        """The query of this row."""
        return Query(str(self.pk), self.name, self.text, who=self.who)


def kept(id: str) -> SavedQuery:
    """The row of that id. Raises WrongUse where there is none."""
    row = SavedQuery.objects.filter(pk=int(id)).first() if id.isascii() and id.isdigit() and len(id) < 19 else None
    if row is None:
        raise WrongUse("no such query", id[:40], "choose one")
    return row


def own(id: str, who: str, leads: bool) -> SavedQuery:
    """The row of that id, for who may change it. Raises WrongUse where `who` neither kept it nor `leads`."""
    row = kept(id)
    if row.who != who and not leads:
        raise WrongUse("this query is another's", row.name, f"ask {row.who}, or an administrator")
    return row


def free_name(name: str) -> str:
    """A name that no query has yet. Raises WrongUse for one that is none, or taken."""
    try:
        named = free_text(name, NAME)
    except ValueError as error:
        raise WrongUse(f"the name of the query {error}") from None
    if SavedQuery.objects.filter(name__iexact=named).exists() or any(named.lower() == one.name.lower() for one in shipped()):
        raise WrongUse("there is a query of that name", named, "choose another")
    return named
