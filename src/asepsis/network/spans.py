"""From when to when new rows hold events that rules are about: one query a stream for all, since most rules have nothing in most looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .library import Entry
from .sigma import sql
from .sigma.hunt import Tables
from .sigma.query import Reach

AT_ONCE = 40
"""Conditions of one query: an engine plans a long one slowly."""


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last time of the new rows that a rule is about."""

    first: datetime
    last: datetime


def spans(entries: Iterable[Entry], news: Tables, reach: Reach) -> Mapping[str, Span]:
    """The span of the rows that each rule is about, by its name; none of a rule that is about none of the rows."""
    by_stream: dict[str, dict[str, list[str]]] = {}
    for entry in entries:
        for stream, condition in entry.looks_at:
            by_stream.setdefault(stream, {}).setdefault(entry.name, []).append(condition)
    found: dict[str, Span] = {}
    for stream_name, conditions in by_stream.items():
        asked = [(name, sql.any_of(some)) for name, some in conditions.items()]
        for some in (asked[n : n + AT_ONCE] for n in range(0, len(asked), AT_ONCE)):
            for (name, _), span in zip(some, _asked(stream_name, [condition for _, condition in some], news, reach), strict=True):
                if span:
                    before = found.get(name, span)
                    found[name] = Span(min(before.first, span.first), max(before.last, span.last))
    return found


def _asked(stream: str, conditions: list[str], news: Tables, reach: Reach) -> list[Span | None]:
    # Each condition stands once: to plan the words of a list of names takes longer than to look for them in the rows of a look.
    held = [f"{condition} AS h{n}" for n, condition in enumerate(conditions)]
    ends = [f"{end}(CASE WHEN h{n} THEN ts END) AS {word}{n}" for n in range(len(conditions)) for end, word in (("MIN", "f"), ("MAX", "l"))]
    rows = news.rows(f"SELECT {sql.columns(ends)} FROM (SELECT ts, {sql.columns(held)} FROM {stream} WHERE {reach.sql()}) AS q")
    if not rows:
        return [None] * len(conditions)
    return [Span(_utc(rows[0][f"f{n}"]), _utc(rows[0][f"l{n}"])) if rows[0][f"f{n}"] is not None else None for n in range(len(conditions))]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
