"""The running table of who talks to whom, and its sums for the map. Times are microseconds since 1970 (UTC): so sums are made in place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import connection, models, transaction

from .talks import MANY, OUTSIDE

_AT_ONCE = 500
_SUMMED = """
INSERT INTO {table} (source, target, {more}service, openness, connections, first, last) VALUES ({marks})
ON CONFLICT (source, target, service, openness) DO UPDATE SET connections = {table}.connections + excluded.connections,
first = CASE WHEN excluded.first < {table}.first THEN excluded.first ELSE {table}.first END,
last = CASE WHEN excluded.last > {table}.last THEN excluded.last ELSE {table}.last END
"""
_OF_GROUPS = """
INSERT INTO assessment_flowrow (source, target, service, openness, connections, first, last)
SELECT source_group, target_group, service, openness, SUM(connections), MIN(first), MAX(last) FROM assessment_talkrow
GROUP BY source_group, target_group, service, openness
"""
_OF_PLACES = """
INSERT INTO assessment_placeflowrow (source, target, service, openness, connections, first, last)
SELECT s.whole, t.whole, f.service, f.openness, SUM(f.connections), MIN(f.first), MAX(f.last) FROM assessment_flowrow f
JOIN assessment_grouprow s ON s.id = f.source JOIN assessment_grouprow t ON t.id = f.target
GROUP BY s.whole, t.whole, f.service, f.openness
"""


class ProgressRow(models.Model):
    """Up to which commit of the lake connections were counted; `parts` are those that it had then. `places` are who was at each address
    then, `members` the group of each asset, and `plan` a digest of what the hospital states: what the counts rest on."""

    name = models.CharField(primary_key=True, max_length=20)
    commit = models.PositiveBigIntegerField(default=0)
    parts = models.JSONField(default=list)
    places = models.JSONField(default=dict)
    members = models.JSONField(default=dict)
    plan = models.CharField(max_length=64, default="")

    @staticmethod
    @contextmanager
    def alone(name: str) -> Iterator[ProgressRow]:
        """The row, held for one transaction: nobody else counts until it ends, and it counts all or nothing."""
        with transaction.atomic():
            yield ProgressRow.objects.select_for_update().get_or_create(name=name)[0]


class HeldRow(models.Model):
    """What was told of a connection that had not ended then (`talks.left`), last `heard` of then."""

    uid = models.CharField(primary_key=True, max_length=64)
    heard = models.BigIntegerField()
    source_hint = models.TextField(null=True)
    target_hint = models.TextField(null=True)
    carries = models.CharField(max_length=80, null=True)
    associated = models.SmallIntegerField()
    spoke = models.SmallIntegerField()
    lives = models.SmallIntegerField()


class GroupRow(models.Model):
    """Machines of one kind and class in one place, which the map draws as one; or all of a place that are at the bedside, or that are not.
    `whole` is the number of the latter that a group is part of."""

    place = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    clinical_class = models.CharField(max_length=10)
    machines = models.PositiveIntegerField(default=0)
    whole = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["place", "kind", "clinical_class"], name="assessment_group")
        ]


class TalkQuery(models.QuerySet["TalkRow"]):
    """What is done with many at once."""

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Adds to what is known: source, target, their groups, service, openness, connections, first, last."""
        _add("assessment_talkrow", "source_group, target_group, ", 9, rows)

    def behind(self, source: str, target: str) -> TalkQuery:
        """Those behind a pair, in the order of source and target."""
        return self.filter(source__gte=source).exclude(source=source, target__lte=target)

    def after(self, source: str, target: str, service: str, openness: int) -> TalkQuery:
        """Those behind one row, in the order of their unique columns."""
        pair = {"source": source, "target": target}
        rows = self.filter(source__gte=source).exclude(source=source, target__lt=target).exclude(**pair, service__lt=service)
        return rows.exclude(**pair, service=service, openness__lte=openness)

    def sums_with(self, asset: str, called: bool) -> models.QuerySet[TalkRow, tuple[Any, ...]]:
        """What one asset says to groups (or groups to it), by service: group, service, openness, connections, first, last."""
        group, of = self._side(asset, called)
        sums = of.values_list(group, "service", "openness").annotate(
            models.Sum("connections"), models.Min("first"), models.Max("last")
        )  # fmt: skip
        return sums.order_by()

    def peers_of(self, asset: str, called: bool) -> models.QuerySet[TalkRow, tuple[Any, ...]]:
        """With how many of each group: group, how many, and the first of them."""
        group, of = self._side(asset, called)
        other = "target" if called else "source"
        return of.values_list(group).annotate(models.Count(other, distinct=True), models.Min(other)).order_by()

    def _side(self, asset: str, called: bool) -> tuple[str, TalkQuery]:
        return ("target_group", self.filter(source=asset)) if called else ("source_group", self.filter(target=asset))

    def forget(self, assets: Collection[str]) -> None:
        """Removes what these said and heard."""
        for some in _some(assets):
            self.filter(models.Q(source__in=some) | models.Q(target__in=some)).delete()

    def wide(self, most: int) -> list[str]:
        """Who has begun to talk with more than so many."""
        told_apart = self.exclude(target__in=(OUTSIDE, MANY)).values("source")
        fans = told_apart.annotate(fan=models.Count("target", distinct=True)).filter(fan__gt=most)
        return sorted(fans.values_list("source", flat=True))

    def remove(self, numbers: Sequence[int]) -> None:
        """Removes rows."""
        for n in range(0, len(numbers), _AT_ONCE):
            self.filter(pk__in=numbers[n : n + _AT_ONCE]).delete()

    def regroup(self, moved: Sequence[tuple[int, str]]) -> None:
        """Puts assets into groups: (group, asset)."""
        with connection.cursor() as cursor:
            for end in ("source", "target"):
                cursor.executemany(f"UPDATE assessment_talkrow SET {end}_group = %s WHERE {end} = %s", moved)  # noqa: S608


class TalkRow(models.Model):
    """What one asset said to another in one service, as readable as it was (`talks.Openness`)."""

    source = models.CharField(max_length=16)
    target = models.CharField(max_length=16)
    source_group = models.BigIntegerField()
    target_group = models.BigIntegerField()
    service = models.CharField(max_length=80)
    openness = models.SmallIntegerField()
    connections = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    objects = TalkQuery.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "target", "service", "openness"], name="assessment_talk")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["target", "source"], name="assessment_talk_heard"),
            models.Index(fields=["source_group", "target_group", "source", "target"], name="assessment_talk_groups"),
        ]


class SumQuery(models.QuerySet["SumRow"]):
    """What is done with many at once."""

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Adds to what is known: source, target, service, openness, connections, first, last."""
        _add(self.model._meta.db_table, "", 7, rows)

    def either(self, groups: Collection[int]) -> SumQuery:
        """Those with one of these at either end."""
        return self.filter(models.Q(source__in=groups) | models.Q(target__in=groups))

    def among(self, pairs: Iterable[tuple[int, int]]) -> SumQuery:
        """Those of these pairs."""
        targets: dict[int, list[int]] = {}
        for source, target in sorted(pairs):
            targets.setdefault(source, []).append(target)
        wanted = models.Q(pk__in=())
        for source, of in targets.items():
            wanted |= models.Q(source=source, target__in=of)
        return self.filter(wanted)

    def clinical(self, groups: Collection[int], services: Collection[str]) -> SumQuery:
        """Those with one of these at either end, or in such a service."""
        return self.filter(models.Q(source__in=groups) | models.Q(target__in=groups) | models.Q(service__in=services))

    def by_pairs(self) -> models.QuerySet[SumRow, tuple[int, int, int, int, int, int]]:
        """Source, target, connections that are clear, connections, encrypted ones, the last; what is clear first, then what is most."""
        counted = {name: models.Sum("connections", filter=models.Q(openness=of), default=0) for name, of in (("clear", 2), ("locked", 1))}
        sums = self.values_list("source", "target").annotate(**counted, all=models.Sum("connections"))
        return sums.order_by("-clear", "-all", "source", "target")

    def heaviest(self, most: int, narrowed: bool) -> SumQuery:
        """So many, what is clear first, then what is most. `narrowed`: few are left, which are sooner sorted than met on the way down."""
        weight = models.F("openness") + 0 if narrowed else models.F("openness")
        return self.order_by(weight.desc(), "-connections", "source", "target", "service")[:most]


class SumRow(models.Model):
    """The sum of talks between many and many."""

    source = models.BigIntegerField()
    target = models.BigIntegerField()
    service = models.CharField(max_length=80)
    openness = models.SmallIntegerField()
    connections = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    objects = SumQuery.as_manager()

    class Meta:
        abstract = True


class FlowRow(SumRow):
    """Of one group with another."""

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "target", "service", "openness"], name="assessment_flow")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["target"], name="assessment_flow_target"),
            models.Index(fields=["openness", "connections"], name="assessment_flow_heaviest"),
        ]


class PlaceFlowRow(SumRow):
    """Of one place with another, those at the bedside apart."""

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "target", "service", "openness"], name="assessment_place_flow")
        ]
        # Has all that the first page sums up.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["source", "target", "openness", "connections"], name="assessment_place_sums")
        ]


def sum_anew() -> None:
    """All sums, from the talks."""
    for rows in (FlowRow, PlaceFlowRow):
        rows.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(_OF_GROUPS)
        cursor.execute(_OF_PLACES)


def _add(table: str, more: str, columns: int, rows: Iterable[tuple[Any, ...]]) -> None:
    """One statement a row, and none that reads first: a look has thousands of pairs that are known already."""
    with connection.cursor() as cursor:
        cursor.executemany(_SUMMED.format(table=table, more=more, marks=", ".join(["%s"] * columns)), list(rows))


def _some(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    yield from (ordered[n : n + _AT_ONCE] for n in range(0, len(ordered), _AT_ONCE))
