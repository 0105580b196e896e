"""The assets as the store keeps them: what is asked for in columns, the whole as JSON."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


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

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
