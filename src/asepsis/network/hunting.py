"""Rules asked of the past: all rows of a time, and nothing is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from asepsis.kit.errors import WrongUse

from .detector import Detector
from .islands import HOUR, TOTALS, islands, meant
from .library import Entry
from .scan import event_sighting, scan, with_rows
from .sighting import EVIDENCE, GAP, Sighting, joined
from .sigma import sql
from .sigma.hunt import Tables
from .sigma.query import ROWS_MAX, Reach
from .sigma.rule import Rule
from .sigma.taxonomy import Taxonomy
from .spans import Span, spans

FEW = 20_000
"""So many rows are gathered here; more are counted where they are."""

Row = dict[str, Any]


def hunt(entry: Entry, tables: Tables, reach: Reach) -> list[Sighting]:
    """What a rule finds, by attackers. Raises WrongUse for a detector, which remembers and cannot be asked of the past."""
    if isinstance(entry.speaks, Detector):
        raise WrongUse("a detector goes by what it has learned", entry.name, "it looks at what comes: read captures into a new site")
    ((_, found),) = hunt_all([entry], tables, reach)
    return found


def hunt_all(entries: Iterable[Entry], tables: Tables, reach: Reach) -> Iterator[tuple[Entry, list[Sighting]]]:
    """What each rule finds, by attackers; detectors are left out. Each stream is read once to learn which rules mean any of its rows, and
    once or twice more for each that does."""
    rules = [entry for entry in entries if not entry.detects]
    # One rule of one event is asked at once.
    alone = len(rules) == 1 and isinstance(rules[0].speaks, Rule)
    found = {rules[0].name: Span(reach.since, reach.until)} if alone else spans(rules, tables, reach)
    for entry in rules:
        span = found.get(entry.name)
        if span is None:
            yield entry, []
        elif isinstance(entry.speaks, Rule):
            yield entry, _of_events(entry, entry.speaks, tables, reach.within(span.first, span.last))
        else:
            yield entry, [one.sighting for one in scan(entry, tables, lambda _: tables, lambda _: (), span, reach)]


def _of_events(entry: Entry, rule: Rule, tables: Tables, reach: Reach) -> list[Sighting]:
    """What each attacker did with less than an hour between, whoever the victims are, and the first rows of it."""
    stream, where = meant(rule, Taxonomy(tables.streams), reach)
    kept = {"a": f"COALESCE({sql.name(entry.meaning.attacker)}, '')", "v": f"COALESCE({sql.name(entry.meaning.victim)}, '')"}
    account = sql.name(entry.meaning.account) if entry.meaning.account else "CAST(NULL AS VARCHAR)"
    cells = sql.columns([f"{column} AS {name}" for name, column in (kept | {"c": account}).items()])
    rows = tables.rows(f"SELECT ts, event_id, {cells} FROM {stream} WHERE {where} LIMIT {FEW + 1}")
    if len(rows) <= FEW:
        return [_of_island(entry, stream, of) for of in _apart(rows)]
    named = islands(rule, Taxonomy(tables.streams), reach, kept, ["a"])
    return _of_islands(entry, stream, tables, named, f"SELECT ts, event_id, {HOUR} AS hour, {cells} FROM {stream} WHERE {where}")


def _apart(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows by attackers, and by what is an hour apart."""
    for _, of in groupby(sorted(rows, key=lambda row: (row["a"], row["ts"], row["event_id"])), key=itemgetter("a")):
        island: list[Row] = []
        for row in of:
            if island and row["ts"] > island[-1]["ts"] + GAP:
                yield island
                island = []
            island.append(row)
        yield island


def _of_island(entry: Entry, stream: str, rows: list[Row]) -> Sighting:
    parts: dict[str, Row] = {}
    for row in rows:
        part = parts.setdefault(row["v"], row | {"events": 0, "first": row["ts"]})
        part |= {"events": part["events"] + 1, "last": row["ts"]}
    ordered = sorted(parts.values(), key=lambda part: (part["first"], part["v"]))
    return with_rows(joined(event_sighting(entry.name, part) for part in ordered), stream, rows[:EVIDENCE])


def _of_islands(entry: Entry, stream: str, tables: Tables, named: str, rows: str) -> list[Sighting]:
    """The same where rows are many: `named` are the islands, `rows` a query of the rows. One query, so that the stream is read twice only:
    to count, and for the first rows of each island."""
    parts: dict[tuple[str, int], list[Row]] = {}
    shown: dict[tuple[str, int], list[Row]] = {}
    for row in tables.rows(f"{named}, {_told(rows)}"):
        (shown if row["event_id"] else parts).setdefault((row["a"], row["island"]), []).append(row)
    whole = {key: joined(event_sighting(entry.name, part) for part in of) for key, of in parts.items()}
    return [with_rows(one, stream, shown.get(key, [])) for key, one in whole.items()]


def _told(rows: str) -> str:
    """What was done to each victim in each island (without an event), and the first rows of each island: of few islands `EVIDENCE`, of many
    fewer. They are looked for in those of its hours alone that hold them."""
    before = "PARTITION BY a, island ORDER BY hour ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    each = f"GREATEST(1, LEAST({EVIDENCE}, {ROWS_MAX} / (SELECT COUNT(*) FROM (SELECT DISTINCT a, island FROM i) AS d)))"
    return f"""
        p AS (SELECT a, island, v, {TOTALS} FROM i GROUP BY a, island, v ORDER BY a, island, first, v LIMIT {ROWS_MAX}),
        t AS (SELECT a, island, hour, SUM(events) AS events FROM i GROUP BY a, island, hour),
        u AS (SELECT a, island, hour, SUM(events) OVER ({before}) AS before FROM t),
        h AS (SELECT a, island, hour FROM u WHERE COALESCE(before, 0) < {each}),
        w AS (SELECT r.*, h.island, ROW_NUMBER() OVER (PARTITION BY h.a, h.island ORDER BY r.ts, r.event_id) AS place
            FROM ({rows}) AS r JOIN h ON r.a = h.a AND r.hour = h.hour)
        SELECT a, island, v, events, first, last, CAST(NULL AS VARCHAR) AS event_id, CAST(NULL AS VARCHAR) AS c, first AS ts FROM p
        UNION ALL SELECT a, island, v, 1, ts, ts, event_id, c, ts FROM w WHERE place <= {each}
        ORDER BY a, island, ts, event_id, v
    """
