"""Rules asked of the past: all rows of a time, and nothing is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from asepsis.kit.errors import WrongUse

from .detector import Detector
from .islands import HOUR, TOTALS, islands, meant
from .library import Entry
from .scan import ROWS_MAX, event_sighting, scan, with_rows
from .sighting import EVIDENCE, Sighting, joined
from .sigma import sql
from .sigma.hunt import Tables
from .sigma.query import Reach
from .sigma.rule import Rule
from .sigma.taxonomy import Taxonomy
from .spans import Span, spans


def hunt(entry: Entry, tables: Tables, reach: Reach) -> list[Sighting]:
    """What a rule finds, by attackers. Raises WrongUse for a detector, which remembers and cannot be asked of the past."""
    if isinstance(entry.speaks, Detector):
        raise WrongUse("a detector goes by what it has learned", entry.name, "it looks at what comes: read captures into a new site")
    ((_, found),) = hunt_all([entry], tables, reach)
    return found


def hunt_all(entries: Iterable[Entry], tables: Tables, reach: Reach) -> Iterator[tuple[Entry, list[Sighting]]]:
    """What each rule finds, by attackers; detectors are left out. Each stream is read once to learn which rules mean any of its rows, and
    once more for each that does."""
    rules = [entry for entry in entries if not entry.detects]
    found = spans(rules, tables, reach)
    for entry in rules:
        yield entry, _found(entry, tables, reach, found.get(entry.name))


def _found(entry: Entry, tables: Tables, reach: Reach, span: Span | None) -> list[Sighting]:
    if span is None:
        return []
    if isinstance(entry.speaks, Rule):
        return _of_events(entry, entry.speaks, tables, reach.within(span))
    return [one.sighting for one in scan(entry, tables, lambda _: tables, lambda _: (), span, reach)]


def _of_events(entry: Entry, rule: Rule, tables: Tables, reach: Reach) -> list[Sighting]:
    """What each attacker did with less than an hour between, whoever the victims are, and the first rows of it."""
    taxonomy = Taxonomy(tables.streams)
    kept = {"a": f"COALESCE({sql.name(entry.meaning.attacker)}, '')", "v": f"COALESCE({sql.name(entry.meaning.victim)}, '')"}
    named = islands(rule, taxonomy, reach, kept, ["a"])
    rows = tables.rows(f"{named} SELECT a, island, v, {TOTALS} FROM i GROUP BY a, island, v ORDER BY a, island, first, v LIMIT {ROWS_MAX}")
    parts = {key: list(of) for key, of in groupby(rows, key=lambda row: (row["a"], row["island"]))}
    stream, where = meant(rule, taxonomy, reach)
    account = sql.name(entry.meaning.account) if entry.meaning.account else "CAST(NULL AS VARCHAR)"
    each = max(1, min(EVIDENCE, ROWS_MAX // max(1, len(parts))))
    shown: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in tables.rows(named + _first_rows(f"{stream} WHERE {where}", kept["a"], account, each)) if parts else ():
        shown.setdefault((row["a"], row["island"]), []).append(row)
    whole = {key: joined(event_sighting(entry.name, part) for part in of) for key, of in parts.items()}
    return [with_rows(one, stream, shown.get(key, [])) for key, one in whole.items()]


def _first_rows(rows: str, attacker: str, account: str, each: int) -> str:
    """The first rows of each island, `each` at the most: looked for in those of its hours alone that hold them."""
    return f"""
        , t AS (SELECT a, island, hour, SUM(events) AS events FROM i GROUP BY a, island, hour),
        u AS (SELECT a, island, hour,
            SUM(events) OVER (PARTITION BY a, island ORDER BY hour ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM t),
        h AS (SELECT a, island, hour FROM u WHERE COALESCE(before, 0) < {each}),
        r AS (SELECT ts, event_id, {account} AS c, {attacker} AS a, {HOUR} AS hour FROM {rows}),
        w AS (SELECT r.*, h.island, ROW_NUMBER() OVER (PARTITION BY h.a, h.island ORDER BY r.ts, r.event_id) AS place
            FROM r JOIN h ON r.a = h.a AND r.hour = h.hour)
        SELECT a, island, ts, event_id, c FROM w WHERE place <= {each} ORDER BY a, island, ts, event_id
    """
