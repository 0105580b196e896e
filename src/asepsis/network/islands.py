"""Rows that a rule of one event means, as islands: what is less than an hour apart (`GAP`) belongs together.

Rows of one hour of the clock always do. So they are counted by the hour first, and only the hours are put in order: that is what is left to
sort of a hundred million rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .sighting import GAP
from .sigma import sql
from .sigma.detection import predicate
from .sigma.query import Reach
from .sigma.rule import Rule
from .sigma.taxonomy import Taxonomy

SECONDS = int(GAP.total_seconds())
TOTALS = "CAST(SUM(events) AS BIGINT) AS events, MIN(first) AS first, MAX(last) AS last"
"""What the hours of an island, or of a part of it, come to."""
HOUR = f"CAST(FLOOR(EPOCH(ts) / {SECONDS}) AS BIGINT)"


def meant(rule: Rule, taxonomy: Taxonomy, reach: Reach) -> tuple[str, str]:
    """The stream that a rule looks at, and the condition of the rows that it means in a time. Raises BadInput."""
    stream, condition = predicate(rule, taxonomy)
    return stream.name, sql.all_of([reach.sql(), condition])


def island(rule: Rule, taxonomy: Taxonomy, reach: Reach, kept: Mapping[str, str]) -> str:
    """What a rule means in a time no longer than `GAP`, in which no two rows are further apart than that: the columns `kept` (names and
    SQL), `events`, `first` and `last`. Raises BadInput."""
    stream, where = meant(rule, taxonomy, reach)
    columns = [f"{column} AS {name}" for name, column in kept.items()]
    totals = ["COUNT(*) AS events", "MIN(ts) AS first", "MAX(ts) AS last"]
    return f"SELECT {sql.columns(columns, totals)} FROM {stream} WHERE {where} GROUP BY {sql.columns(list(kept.values()))}"


def islands(rule: Rule, taxonomy: Taxonomy, reach: Reach, kept: Mapping[str, str], apart: Sequence[str]) -> str:
    """The named query `i` of what a rule means: the columns `kept` (names and SQL), `hour`, `events`, `first` and `last`, and `island`,
    which tells apart what is more than an hour from all others that agree in the columns `apart`. Raises BadInput."""
    stream, where = meant(rule, taxonomy, reach)
    names = list(kept)
    order = sql.columns(["first"], [name for name in names if name not in apart])
    over = f"PARTITION BY {sql.columns(apart)} ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND"
    return f"""
        WITH m AS (SELECT {sql.columns([f"{column} AS {name}" for name, column in kept.items()], [f"{HOUR} AS hour"])},
            COUNT(*) AS events, MIN(ts) AS first, MAX(ts) AS last FROM {stream} WHERE {where}
            GROUP BY {sql.columns([*kept.values(), HOUR])}),
        g AS (SELECT *, CASE WHEN MAX(last) OVER ({over} 1 PRECEDING) >= first - {sql.seconds(SECONDS)} THEN 0 ELSE 1 END AS fresh FROM m),
        i AS (SELECT *, SUM(fresh) OVER ({over} CURRENT ROW) AS island FROM g)
    """
