"""What the store keeps of the journal."""

from __future__ import annotations

from django.db import models


class AnchorRow(models.Model):
    """An entry that was recorded while the store was open; in the transaction of the act, if there is one. Rows are only added."""

    n = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("n", "hash"), name="journal_anchor"),)
