"""What rules find in rows that came since they were last asked.

An event that one rule means is looked for among the new rows alone. A correlation is asked of the time around those of its events that are
new, and of no other: where none is, nothing can hold that did not hold before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .islands import TOTALS, island, islands
from .library import Entry
from .sighting import EVIDENCE, GAP, VICTIMS, Evidence, Sighting, group_text
from .sigma import hunt, sql
from .sigma.detection import predicate
from .sigma.episode import Episode, Match
from .sigma.hunt import Tables
from .sigma.query import EARLIEST, ROWS_MAX, Reach, lookback
from .sigma.rule import Correlation, Rule
from .sigma.taxonomy import Taxonomy
from .spans import Span

AT_ONCE = 500
"""Sightings whose rows are asked for in one query."""

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
        return _events(entry, entry.speaks, news, span, reach)
    assert isinstance(entry.speaks, Correlation)
    return _episodes(entry, entry.speaks, around, standing, span, reach)


def _events(entry: Entry, rule: Rule, news: Tables, span: Span, within: Reach) -> list[Seen]:
    """Sightings without their evidence: most of what a rule of what is new means is usual, and nobody asks for its rows (`shown`)."""
    meaning, reach = entry.meaning, within.within(span.first, span.last)
    new = [f"n{n}" for n in range(len(meaning.new))]
    columns = (meaning.attacker, meaning.victim, *meaning.new)
    kept = {name: sql.name(column) for name, column in zip(("a", "v", *new), columns, strict=True)}
    taxonomy = Taxonomy(news.streams)
    if span.last - span.first <= GAP:
        query = f"{island(rule, taxonomy, reach, kept)} ORDER BY {sql.columns(list(kept))} LIMIT {ROWS_MAX}"
    else:
        by = sql.columns(list(kept), ["island"])
        query = (
            f"{islands(rule, taxonomy, reach, kept, list(kept))} SELECT {by}, {TOTALS} FROM i GROUP BY {by} ORDER BY {by} LIMIT {ROWS_MAX}"
        )
    return [Seen(event_sighting(entry.name, row), tuple(row[name] for name in new)) for row in news.rows(query)]


def event_sighting(name: str, row: dict[str, Any]) -> Sighting:
    """What one attacker did to one victim, as a row of an island tells."""
    victims = (row["v"],) if row["v"] else ()
    return Sighting(name, row["a"] or "", victims, _utc(row["first"]), _utc(row["last"]), row["events"], ())


def shown(entry: Entry, news: Tables, found: Sequence[Seen], reach: Reach = ALL) -> list[Sighting]:
    """Sightings of a rule of one event with the rows that show them, and the accounts in these; others have theirs."""
    if not found or not isinstance(entry.speaks, Rule):
        return [one.sighting for one in found]
    told: dict[int, list[dict[str, Any]]] = {}
    for begin in range(0, len(found), AT_ONCE):
        for row in news.rows(_rows_of(entry, entry.speaks, news, found[begin : begin + AT_ONCE], reach)):
            told.setdefault(begin + row["n"], []).append(row)
    stream = Taxonomy(news.streams).stream(entry.speaks.source, entry.speaks.where).name
    return [with_rows(one.sighting, stream, told.get(n, [])) for n, one in enumerate(found)]


def _rows_of(entry: Entry, rule: Rule, news: Tables, found: Sequence[Seen], reach: Reach) -> str:
    """The first rows of each of some sightings, by its number."""
    meaning = entry.meaning
    stream, condition = predicate(rule, Taxonomy(news.streams))
    columns = (meaning.attacker, meaning.victim, *meaning.new)
    account = sql.name(meaning.account) if meaning.account else "CAST(NULL AS VARCHAR)"
    wanted = []
    for n, seen in enumerate(found):
        one = seen.sighting
        values = (one.attacker, one.victims[0] if one.victims else "", *("" if value is None else value for value in seen.values))
        told = [sql.text(str(value).lower() if isinstance(value, bool) else str(value)) for value in values]
        wanted.append(f"({sql.columns([str(n)], told, [sql.moment(one.begin), sql.moment(one.end)])})")
    names = [f"w{n}" for n in range(len(columns))]
    same = [f"COALESCE(CAST({sql.name(column)} AS VARCHAR), '') = s.{name}" for column, name in zip(columns, names, strict=True)]
    return f"""
        WITH m AS (SELECT s.n, ts, event_id, {account} AS c, ROW_NUMBER() OVER (PARTITION BY s.n ORDER BY ts, event_id) AS place
            FROM {stream.name} JOIN (VALUES {", ".join(wanted)}) AS s({sql.columns(["n"], names, ["since", "until"])})
            ON {sql.all_of([*same, "ts >= s.since", "ts <= s.until"])} WHERE {sql.all_of([reach.sql(), condition])})
        SELECT n, ts, event_id, c FROM m WHERE place <= {EVIDENCE} ORDER BY n, ts, event_id
    """


def with_rows(one: Sighting, stream: str, rows: Sequence[dict[str, Any]]) -> Sighting:
    """A sighting with the rows that show it, and the accounts in these."""
    evidence = tuple(Evidence(stream, row["event_id"], _utc(row["ts"])) for row in rows)
    return replace(one, evidence=evidence, accounts=tuple(dict.fromkeys(row["c"] for row in rows if row["c"])))


def _episodes(entry: Entry, rule: Correlation, around: Around, standing: Standing, span: Span, within: Reach) -> list[Seen]:
    since, until = span.first, span.last
    window = timedelta(seconds=lookback(rule, entry.pack))
    back = 2 * window
    before = list(standing(since - back))
    tables = around(max(EARLIEST, min([since - back, *(old.begin for old in before)])))
    # An event that comes late makes windows hold that end up to a timespan after it.
    reach = Reach(since, min(within.until, until + window + timedelta(microseconds=1)))
    # Somewhere in a long time most rules hold: to ask for it first would only be one question more.
    if until - since <= window and not hunt.may_hold(rule, tables, entry.pack, reach):
        return []
    found = hunt.follow(rule, tables, entry.pack, reach, before, EVIDENCE)
    told = _columns(entry, tables, [match for one in found for match in one.evidence])
    return [Seen(_with_victims(entry, tables, _of_episode(entry, one, told)), _group_values(entry, one)) for one in found]


def _with_victims(entry: Entry, tables: Tables, one: Sighting) -> Sighting:
    """With all victims of an episode that has more rows than it names."""
    if one.events <= len(one.evidence) or not one.attacker or not isinstance(entry.speaks, Correlation):
        return one
    meaning = entry.meaning
    if meaning.attacker not in entry.speaks.group_by or meaning.victim in entry.speaks.group_by:
        return one
    victims: set[str] = set()
    for leaf in entry.leaves:
        stream, condition = predicate(leaf, Taxonomy(tables.streams))
        within = f"ts >= {sql.moment(one.begin)} AND ts <= {sql.moment(one.end)}"
        where = sql.all_of([within, f"{sql.name(meaning.attacker)} = {sql.text(one.attacker)}", condition])
        victim = sql.name(meaning.victim)
        named = f"{stream.name} WHERE {where} AND {victim} IS NOT NULL"
        victims |= {row["v"] for row in tables.rows(f"SELECT DISTINCT {victim} AS v FROM {named} ORDER BY v LIMIT {VICTIMS}")}
    return replace(one, victims=tuple(dict.fromkeys((*one.victims, *sorted(victims))))[:VICTIMS])


def _columns(entry: Entry, tables: Tables, matches: Sequence[Match]) -> dict[str, tuple[str, str, str]]:
    """Attacker, victim and account of rows, by event id."""
    meaning = entry.meaning
    found: dict[str, tuple[str, str, str]] = {}
    account = sql.name(meaning.account) if meaning.account else "CAST(NULL AS VARCHAR)"
    for stream in {match.stream for match in matches}:
        of = [match for match in matches if match.stream == stream]
        ids = [sql.text(event) for event in sorted({match.event_id for match in of})]
        since, until = min(match.ts for match in of), max(match.ts for match in of)
        within = f"ts >= {sql.moment(_utc(since))} AND ts <= {sql.moment(_utc(until))}"
        query = (
            f"SELECT event_id, {sql.name(meaning.attacker)} AS a, {sql.name(meaning.victim)} AS v, {account} AS c "
            f"FROM {stream} WHERE {within} AND {sql.among('event_id', ids)}"
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
