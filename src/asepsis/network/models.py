"""What network security remembers: how far it has looked, what it saw, what it learned, and what people excused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, cast

from django.db import models, transaction

from .meaning import Exemption, side_of
from .pulse import Heard
from .sighting import Evidence, Sighting


class ProgressQuery(models.QuerySet["ProgressRow"]):
    """Who looks waits for who looks already."""

    def waited_for(self, name: str) -> ProgressRow:
        """The row, held until the transaction ends; outside of one only read."""
        held = self.select_for_update() if transaction.get_connection().in_atomic_block else self
        return held.get_or_create(name=name)[0]


class ProgressRow(models.Model):
    """Up to which commit of the lake rows were looked at. `parts` are the parts that it had then; `hours` (since 1970) are those in which
    something was heard, as many as it takes to learn what is usual; `last` is the time of the last row."""

    name = models.CharField(primary_key=True, max_length=20)
    commit = models.PositiveBigIntegerField(default=0)
    parts = models.JSONField(default=list)
    hours = models.JSONField(default=list)
    last = models.DateTimeField(null=True)

    objects = ProgressQuery.as_manager()


class SightingQuery(models.QuerySet["SightingRow"]):
    """What is asked of many sightings at once."""

    def spoke(self, since: datetime) -> models.QuerySet[SightingRow, tuple[str, int, int, datetime, int]]:
        """By rule: how many attackers, how many sightings, the end of the last, and how many ended at a moment or later."""
        late = models.Count("pk", filter=models.Q(end__gte=since))
        attackers, sightings, last = models.Count("attacker", distinct=True), models.Count("pk"), models.Max("end")
        counted = self.values_list("rule").annotate(attackers, sightings, last, late=late)
        return cast(models.QuerySet[SightingRow, tuple[str, int, int, datetime, int]], counted)

    def called(self, name: str) -> SightingQuery:
        """Those whose story, or the finding that tells of them, has an id that begins so."""
        return self.filter(models.Q(story__startswith=name) | models.Q(finding__startswith=name))


class SightingRow(models.Model):
    """A `sighting.Sighting`."""

    objects = SightingQuery.as_manager()

    rule = models.CharField(max_length=100)
    attacker = models.TextField()
    group = models.TextField(blank=True)
    begin = models.DateTimeField()
    end = models.DateTimeField(db_index=True)
    held_from = models.DateTimeField(null=True)
    events = models.PositiveBigIntegerField()
    value = models.FloatField(null=True)
    victims = models.JSONField(default=list)
    accounts = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    story = models.CharField(max_length=13, blank=True, default="", db_index=True)
    finding = models.CharField(max_length=13, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["rule", "attacker", "end"], name="network_sighting")]

    @staticmethod
    def of(one: Sighting, story: str = "", finding: str = "") -> SightingRow:
        """The row of a sighting."""
        return SightingRow(
            rule=one.rule,
            attacker=one.attacker,
            group=one.group,
            begin=one.begin,
            end=one.end,
            held_from=one.held_from,
            events=one.events,
            value=one.value,
            victims=list(one.victims),
            accounts=list(one.accounts),
            story=story,
            finding=finding,
            evidence=[[row.stream, row.event_id, row.ts.isoformat(), row.part] for row in one.evidence],
        )

    def sighting(self) -> Sighting:
        """The sighting of this row."""
        return Sighting(
            self.rule,
            self.attacker,
            tuple(self.victims),
            self.begin,
            self.end,
            self.events,
            tuple(Evidence(stream, event, datetime.fromisoformat(ts), part) for stream, event, ts, part in self.evidence),
            self.group,
            self.held_from,
            self.value,
            tuple(self.accounts),
        )


class MemoryQuery(models.QuerySet["MemoryRow"]):
    """What is asked of many keys at once."""

    def counted(self) -> list[tuple[str, int]]:
        """How many keys each rule and detector has."""
        return [(rule, count) for rule, count in self.values_list("detector").annotate(models.Count("pk")).order_by("detector")]


class MemoryRow(models.Model):
    """What a rule or a detector knows of a key, as JSON; `first` and `last` are the times of the rows that taught it."""

    detector = models.CharField(max_length=100)
    key = models.TextField()
    value = models.JSONField()
    first = models.DateTimeField(db_index=True)
    last = models.DateTimeField()

    objects = MemoryQuery.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=["detector", "key"], name="network_memory")]


class ExemptionRow(models.Model):
    """Who does what a rule looks for and is no attacker, as a person said: sides as in `rule.yml`."""

    rule = models.CharField(max_length=100, db_index=True)
    attacker = models.JSONField(default=dict)
    victim = models.JSONField(default=dict)
    reason = models.TextField()
    until = models.DateField()
    who = models.TextField()
    at = models.DateTimeField()
    undone = models.BooleanField(default=False)

    def exemption(self) -> Exemption:
        """The exemption of this row."""
        return Exemption(self.reason, side_of(self.attacker, self.rule), side_of(self.victim, self.rule), self.until)


class HeardQuery(models.QuerySet["HeardRow"]):
    """What is asked of many interfaces at once."""

    def lately(self, span: timedelta) -> HeardQuery:
        """The minutes of each interface up to so long before its latest."""
        places = HeardRow.objects.filter(hour=False).order_by().values_list("sensor", "interface").annotate(last=models.Max("since"))
        wanted = models.Q(pk__in=[])
        for sensor, interface, last in places:
            wanted |= models.Q(sensor=sensor, interface=interface, since__gt=last - span)
        return self.filter(wanted, hour=False)


class HeardRow(models.Model):
    """A `pulse.Heard`: of a minute, or of all minutes of an hour together."""

    sensor = models.TextField()
    interface = models.TextField(blank=True)
    hour = models.BooleanField()
    since = models.DateTimeField()
    figures = models.JSONField()

    objects = HeardQuery.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hour", "sensor", "interface", "since"], name="network_heard")
        ]

    @staticmethod
    def of(one: Heard, hour: bool = False) -> HeardRow:
        """The row of what was heard."""
        return HeardRow(sensor=one.sensor, interface=one.interface, hour=hour, since=one.since, figures=dict(one.figures))

    def heard(self) -> Heard:
        """What this row says."""
        return Heard(self.sensor, self.interface, self.since, self.figures)


class CameRow(models.Model):
    """A `pulse.Came`."""

    stream = models.CharField(max_length=60)
    since = models.DateTimeField(db_index=True)
    rows = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=["stream", "since"], name="network_came")]
