"""Who began connections, minute by minute: what several detectors ask of all connections is asked once."""

from __future__ import annotations

from typing import Any

from ..detector import Given
from ..sigma import sql
from .book import SECOND, sane

MINUTE = 60 * SECOND
_CALLERS = """
    SELECT COALESCE(id_orig_h, '') AS source, EPOCH_US(ts) // {2} AS minute, MIN(EPOCH_US(ts)) AS first,
           COUNT(CASE WHEN duration IS NULL OR duration < 60 THEN 1 END) AS short,
           COUNT(CASE WHEN resp_bytes > 0 AND orig_bytes > 0 THEN 1 END) AS talks
    FROM conn WHERE ts >= {0} AND ts < {1} GROUP BY COALESCE(id_orig_h, ''), EPOCH_US(ts) // {2}
"""


def callers(given: Given) -> list[dict[str, Any]]:
    """Those of the news: `source`, `minute` (since 1970), when it began the `first` one in it (in microseconds), in how many both sides
    spoke (`talks`), and how many were `short`: over within a minute, so that their rows come in time to say that it is there now."""
    return given.news.rows(_CALLERS.format(*map(sql.moment, sane()), MINUTE))
