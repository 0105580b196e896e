"""How the lake is asked: rows by subject, with when the first and the last of them were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

Row = dict[str, Any]

# What `{span}` stands for in a query: when and on which rows, the same for rows of one microsecond in any order. DuckDB and Spark agree.
_AT = "struct_pack(a := ts, b := event_id)"
SPAN = f"min(ts) as first_seen, max(ts) as last_seen, min_by(event_id, {_AT}) as first_event, max_by(event_id, {_AT}) as last_event"


class Lake(Protocol):
    """Every stream as a table, also those without rows."""

    def rows(self, query: str, /) -> list[Row]: ...


def rows(lake: Lake, query: str, span: str = SPAN) -> list[Row]:
    """The rows of a query, times in UTC."""
    found = lake.rows(query.replace("{span}", span))
    return [{name: _utc(value) if isinstance(value, datetime) else value for name, value in row.items()} for row in found]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
