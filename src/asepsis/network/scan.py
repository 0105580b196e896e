"""What rules find in rows that came since they were last asked.

An event that one rule means is looked for among the new rows alone. A correlation is asked of the time around those of its events that are
new, and of no other: where none is, nothing can hold that did not hold before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .library import Entry
from .sighting import EVIDENCE, GAP, VICTIMS, Evidence, Sighting, group_text
from .sigma import hunt, sql
from .sigma.detection import predicate
from .sigma.episode import Episode, Match
from .sigma.hunt import Tables
from .sigma.query import EARLIEST, Reach, lookback
from .sigma.rule import Correlation, Rule
from .sigma.taxonomy import Taxonomy
from .spans import Span

ROWS_MAX = 200_000
"""Rows of an answer: a rule that means more than these tells of the first."""

Around = Callable[[datetime], Tables]
"""All rows since a moment, old and new."""
Standing = Callable[[datetime], Iterable[Episode]]
"""The episodes of a rule that ended at a moment or later, which new events may go on with."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting, and the values of the columns by which the rule tells what is new."""

    sighting: Sighting
    values: tuple[Any, ...] = ()


ALL = Reach()


def scan(entry: Entry, news: Tables, around: Around, standing: Standing, span: Span | None, reach: Reach = ALL) -> list[Seen]:
    """What a rule finds: one sighting for each attacker and victim (of an event), or for each group (of a correlation). `span` is that of
    the new rows that it is about (`asepsis.network.spans`)."""
    if span is None:
        return []
    if isinstance(entry.speaks, Rule):
        return _events(entry, entry.speaks, news, reach)
    assert isinstance(entry.speaks, Correlation)
    return _episodes(entry, entry.speaks, around, standing, span, reach)


def _events(entry: Entry, rule: Rule, news: Tables, reach: Reach) -> list[Seen]:
    meaning = entry.meaning
    stream, condition = predicate(rule, Taxonomy(news.streams))
    kept = {"a": meaning.attacker, "v": meaning.victim} | {f"n{n}": column for n, column in enumerate(meaning.new)}
    by = list(kept)
    account = sql.name(meaning.account) if meaning.account else "CAST(NULL AS VARCHAR)"
    columns = [f"{sql.name(column)} AS {name}" for name, column in kept.items()]
    gap = sql.seconds(int(GAP.total_seconds()))
    window = f"PARTITION BY {sql.columns(by)} ORDER BY ts, event_id"
    each = f"PARTITION BY {sql.columns(by)}, island"
    where = sql.all_of([reach.sql(), condition])
    query = f"""
        WITH m AS (SELECT {sql.columns(columns)}, {account} AS c, ts, event_id FROM {stream.name} WHERE {where}),
        g AS (SELECT *, CASE WHEN LAG(ts) OVER ({window}) >= ts - {gap} THEN 0 ELSE 1 END AS fresh FROM m),
        n AS (SELECT *, SUM(fresh) OVER ({window} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island FROM g),
        r AS (SELECT *, ROW_NUMBER() OVER ({each} ORDER BY ts, event_id) AS place, COUNT(*) OVER ({each}) AS events,
              MAX(ts) OVER ({each}) AS last FROM n)
        SELECT {sql.columns(by)}, c, island, events, last, ts, event_id FROM r WHERE place <= {EVIDENCE}
        ORDER BY {sql.columns(by)}, island, ts, event_id LIMIT {ROWS_MAX}
    """
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in news.rows(query):
        found.setdefault((*(row[name] for name in by), row["island"]), []).append(row)
    return [
        Seen(_of_event(entry.name, stream.name, rows), tuple(rows[0][f"n{n}"] for n in range(len(meaning.new)))) for rows in found.values()
    ]


def _of_event(name: str, stream: str, rows: Sequence[dict[str, Any]]) -> Sighting:
    first = rows[0]
    return Sighting(
        rule=name,
        attacker=first["a"] or "",
        victims=(first["v"],) if first["v"] else (),
        begin=_utc(first["ts"]),
        end=_utc(first["last"]),
        events=first["events"],
        evidence=tuple(Evidence(stream, row["event_id"], _utc(row["ts"])) for row in rows),
        accounts=tuple(dict.fromkeys(row["c"] for row in rows if row["c"])),
    )


def _episodes(entry: Entry, rule: Correlation, around: Around, standing: Standing, span: Span, within: Reach) -> list[Seen]:
    since, until = span
    window = timedelta(seconds=lookback(rule, entry.pack))
    back = 2 * window
    before = list(standing(since - back))
    tables = around(max(EARLIEST, min([since - back, *(old.begin for old in before)])))
    # An event that comes late makes windows hold that end up to a timespan after it.
    reach = Reach(since, min(within.until, until + window + timedelta(microseconds=1)))
    found = hunt.follow(rule, tables, entry.pack, reach, before, EVIDENCE)
    told = _columns(entry, tables, [match for one in found for match in one.evidence])
    return [Seen(_of_episode(entry, one, told), _group_values(entry, one)) for one in found]


def _columns(entry: Entry, tables: Tables, matches: Sequence[Match]) -> dict[str, tuple[str, str, str]]:
    """Attacker, victim and account of rows, by event id."""
    meaning = entry.meaning
    found: dict[str, tuple[str, str, str]] = {}
    account = sql.name(meaning.account) if meaning.account else "CAST(NULL AS VARCHAR)"
    for stream in {match.stream for match in matches}:
        of = [match for match in matches if match.stream == stream]
        ids = ", ".join(sql.text(event) for event in sorted({match.event_id for match in of}))
        since, until = min(match.ts for match in of), max(match.ts for match in of)
        within = f"ts >= {sql.moment(_utc(since))} AND ts <= {sql.moment(_utc(until))}"
        query = (
            f"SELECT event_id, {sql.name(meaning.attacker)} AS a, {sql.name(meaning.victim)} AS v, {account} AS c "
            f"FROM {stream} WHERE {within} AND event_id IN ({ids})"
        )
        found |= {row["event_id"]: (row["a"] or "", row["v"] or "", row["c"] or "") for row in tables.rows(query)}
    return found


def _of_episode(entry: Entry, one: Episode, told: dict[str, tuple[str, str, str]]) -> Sighting:
    rows = [told[match.event_id] for match in one.evidence if match.event_id in told]
    group = dict(one.group)
    attackers = Counter(a for a, _, _ in rows if a)
    attacker = group.get(entry.meaning.attacker) or (attackers.most_common(1)[0][0] if attackers else "")
    return Sighting(
        rule=entry.name,
        attacker=str(attacker),
        victims=tuple(dict.fromkeys(v for a, v, _ in rows if v and a == attacker))[:VICTIMS],
        begin=_utc(one.begin),
        end=_utc(one.end),
        events=one.events,
        evidence=tuple(Evidence(match.stream, match.event_id, _utc(match.ts), match.rule) for match in one.evidence),
        group=group_text(one.group),
        held_from=_utc(one.held_from),
        value=None if one.value is None else float(one.value),
        accounts=tuple(dict.fromkeys(c for _, _, c in rows if c)),
    )


def _group_values(entry: Entry, one: Episode) -> tuple[Any, ...]:
    group = dict(one.group)
    return tuple(group[column] for column in entry.meaning.new)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
