"""The assets as the store keeps them: what is asked for in columns, the whole as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.db import models

from asepsis.hospital.act import Act, Verb
from asepsis.hospital.listing import NEVER, SORTS


class ActRow(models.Model):
    """An `act.Act`. Rows are added; of one that was undone only that is written."""

    n = models.AutoField(primary_key=True)
    at = models.DateTimeField()
    who = models.TextField()
    verb = models.CharField(max_length=10)
    assets = models.JSONField()
    marks = models.JSONField()
    what = models.TextField(blank=True)
    values = models.JSONField(default=dict)
    undone = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["n"]

    def act(self) -> Act:
        """The act of this row."""
        marks = tuple(frozenset(m) for m in self.marks)
        return Act(self.n, self.at, self.who, Verb(self.verb), tuple(self.assets), marks, self.what, self.values, self.undone)


class AssetQuery(models.QuerySet["AssetRow"]):
    """What is asked of many assets at once."""

    def by_class(self) -> dict[str, int]:
        """How many there are of each clinical class."""
        return dict(self.order_by().values_list("clinical_class").annotate(number=models.Count("*")))

    def heard(self) -> dict[str, datetime | None]:
        """When an asset of each zone was last heard."""
        return dict(self.order_by().exclude(zone="").values_list("zone").annotate(last=models.Max("last_seen")))

    def behind(self, order: Sequence[str], mark: Sequence[str | int]) -> AssetQuery:
        """Those that come after a mark, by the columns of an order."""
        later = models.Q()
        for n, column in enumerate(order):
            same = dict(zip(order[:n], mark[:n], strict=True))
            later |= models.Q(**same, **{f"{column}__gt": mark[n]})
        # Said also by the first column alone, by which a store finds the place.
        return self.filter(later, **{f"{order[0]}__gte": mark[0]})


class AssetRow(models.Model):
    id = models.CharField(max_length=16, primary_key=True)
    name = models.CharField(max_length=600)
    kind = models.CharField(max_length=40, db_index=True)
    kind_confidence = models.FloatField()
    clinical_class = models.CharField(max_length=10, db_index=True)
    zone = models.CharField(max_length=200, db_index=True)
    first_seen = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    detail = models.JSONField()
    words = models.TextField(default="")
    maker = models.CharField(max_length=600, default="")
    silence = models.BigIntegerField(default=NEVER)

    objects = AssetQuery.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        indexes: ClassVar[list[models.Index]] = [
            *(models.Index(fields=list(columns), name=f"hospital_asset_by_{columns[0]}"[:30]) for columns in SORTS.values()),
            models.Index(fields=["first_seen", "clinical_class"], name="hospital_asset_arrived"),
            models.Index(fields=["zone", "last_seen"], name="hospital_asset_zone_heard"),
        ]
