"""The bounds of a query that a person wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Between = tuple[datetime | None, datetime | None]
"""From when on, and until before when; None: no end."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a query may take: Seconds, a size as DuckDB writes it ("1GB"), rows and bytes of the answer; None: no bound."""

    seconds: float | None = None
    memory: str | None = None
    rows: int | None = None
    size: int | None = None


UNBOUNDED = Bounds()
