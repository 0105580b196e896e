"""What is remembered of channels, of what waits to be sent, and of whom the site allows."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_network
from typing import ClassVar

from django.db import models, transaction

from .channel import KINDS, Channel
from .notice import DECISIONS, Message, added, from_json
from .outbox import GIVEN_UP, KEPT, MINUTE, Lately, Waiting, patience, step
from .reach import Allowed


class ChannelQuery(models.QuerySet["ChannelRow"]):
    """What is asked of channels at once."""

    def to_send(self, now: datetime) -> ChannelQuery:
        """Those for which something waits, and which may be tried."""
        due = models.Q(due=None) | models.Q(due__lte=now)
        return self.filter(due, on=True, letters__sent=None, letters__dead=False).distinct()


class ChannelRow(models.Model):
    """A `channel.Channel`; `sealed` are its secrets (`seal.sealed`), `due` when it is tried again."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=20)
    settings = models.JSONField()
    sealed = models.TextField()
    least = models.SmallIntegerField()
    on = models.BooleanField(default=True)
    sent = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    due = models.DateTimeField(null=True)
    failing = models.DateTimeField(null=True)
    said = models.TextField(default="", blank=True)

    objects = ChannelQuery.as_manager()

    def value(self, waiting: int = 0, dead: int = 0) -> Channel:
        """The channel of this row."""
        least = DECISIONS[self.least]
        kind = KINDS[self.kind]
        return Channel(self.pk, self.name, kind, self.settings, least, self.on, self.sent, self.failing, self.said, waiting, dead)

    def next(self, now: datetime) -> list[LetterRow]:
        """The letters to send now, in order; of a flood the one that is made of it, which is in the store before it is sent."""
        while True:
            with transaction.atomic():
                waiting = self.letters.filter(sent=None, dead=False)
                lately = self.letters.filter(sent__gt=now - MINUTE)
                counted = Lately(lately.count(), lately.filter(count__gt=1).exists())
                then = step([Waiting(*told) for told in waiting.order_by("pk").values_list("pk", "tries", "count")], counted)
                if not then.merge:
                    found = waiting.in_bulk(then.send)
                    return [found[id] for id in then.send]
                merged = waiting.filter(pk__in=then.merge)
                one = LetterRow.of(self.pk, added(letter.value() for letter in merged), now)
                LetterRow.objects.bulk_create([one], ignore_conflicts=True)
                merged.delete()

    def succeeded(self, letter: LetterRow, said: str, now: datetime) -> None:
        """Notes that a letter got through, and forgets what was sent long ago."""
        with transaction.atomic():
            self.letters.filter(pk=letter.pk).update(sent=now)
            self._note(sent=now, tries=0, due=None, failing=None, said=said)
            self.letters.filter(sent__lt=now - KEPT).delete()

    def failed(self, letter: LetterRow, said: str, now: datetime) -> None:
        """Notes that a letter did not, when the channel is tried again, and which letters are dead."""
        with transaction.atomic():
            self.letters.filter(pk=letter.pk).update(tries=letter.tries + 1)
            self.letters.filter(sent=None, tries__gt=0, made__lt=now - GIVEN_UP).update(dead=True)
            self._note(tries=self.tries + 1, due=now + patience(self.tries + 1), failing=self.failing or now, said=said)

    def _note(self, **told: object) -> None:
        """Only what a delivery knows: an administrator may change the rest meanwhile, or take the channel away."""
        ChannelRow.objects.filter(pk=self.pk).update(**told)
        for name, value in told.items():
            setattr(self, name, value)


class LetterRow(models.Model):
    """A message for a channel. It waits until it is `sent`, or `dead`: tried in vain for too long."""

    channel = models.ForeignKey(ChannelRow, on_delete=models.CASCADE, related_name="letters")
    key = models.CharField(max_length=80)
    message = models.JSONField()
    count = models.PositiveIntegerField()
    made = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    sent = models.DateTimeField(null=True)
    dead = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "key"], name="notices_letter_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "dead"], condition=models.Q(sent=None), name="notices_letter_waiting"),
            models.Index(fields=["channel", "sent"], name="notices_letter_sent"),
        ]

    @staticmethod
    def of(channel: int, message: Message, made: datetime) -> LetterRow:
        """The row of a message."""
        return LetterRow(channel_id=channel, key=message.key, message=message.as_json(), count=message.total, made=made)

    def value(self) -> Message:
        """The message of this row."""
        return from_json(self.message)


class AllowedRow(models.Model):
    """A `reach.Allowed`."""

    network = models.CharField(max_length=50, unique=True)
    plain = models.BooleanField(default=False)

    def value(self) -> Allowed:
        """What is allowed."""
        return Allowed(ip_network(self.network), self.plain)
