"""Rules over a lake: what they find in a span of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from asepsis.lake.service import Stream

from . import query
from .episode import Episode, Match, episodes
from .pack import Pack
from .query import EARLIEST, LATEST, Reach
from .rule import Correlation, Rule
from .taxonomy import Taxonomy

EVIDENCE = 20


class Tables(Protocol):
    """What is asked: a `Lake`, or anything that answers SQL over its streams with rows."""

    @property
    def streams(self) -> Mapping[str, Stream]: ...
    def rows(self, query: str) -> list[dict[str, Any]]: ...


def hunt(
    tables: Tables, pack: Pack, since: datetime = EARLIEST, until: datetime = LATEST, evidence: int = EVIDENCE
) -> Iterator[Match | Episode]:
    """What the rules of `pack` find: events from `since` on and before `until`, and episodes of moments between; windows reach back as far
    as they are long. `evidence` bounds the events told of each rule of an episode. Raises BadInput for a rule that the streams cannot
    answer."""
    for rule in pack.speaking():
        yield from of(rule, tables, pack, Reach(since, until), evidence)


def check(rule: Rule | Correlation, streams: Mapping[str, Stream], pack: Pack) -> None:
    """Raises BadInput with what is wrong if the streams cannot answer a rule. No row is read."""
    if isinstance(rule, Rule):
        query.of_rule(rule, Taxonomy(streams), Reach())
    else:
        query.of_correlation(rule, pack, Taxonomy(streams), Reach(), EVIDENCE)


def of(rule: Rule | Correlation, tables: Tables, pack: Pack, reach: Reach, evidence: int = EVIDENCE) -> Iterator[Match | Episode]:
    """What one rule finds."""
    taxonomy = Taxonomy(tables.streams)
    if isinstance(rule, Rule):
        stream = taxonomy.stream(rule.source, rule.where).name
        for row in tables.rows(query.of_rule(rule, taxonomy, reach)):
            yield Match(rule.key, stream, row["event_id"], row["ts"])
    else:
        names = [one.key for one in pack.of(rule)] if rule.kind.startswith("temporal") else [rule.key]
        yield from episodes(rule, names, tables.rows(query.of_correlation(rule, pack, taxonomy, reach, evidence)))


def may_hold(correlation: Correlation, tables: Tables, pack: Pack, reach: Reach) -> bool:
    """Whether the correlation can hold in `reach`: one that needs all of its rules cannot where no group has events of each, one that
    needs many events or values cannot where no group has so many in all."""
    asked = query.of_need(correlation, pack, Taxonomy(tables.streams), reach)
    return asked is None or bool(tables.rows(asked))


def follow(
    correlation: Correlation, tables: Tables, pack: Pack, reach: Reach, before: Iterable[Episode], evidence: int = EVIDENCE
) -> list[Episode]:
    """The episodes of one correlation that hold in `reach`, each joined with those `before` that it goes on with.

    Looks that follow each other find what a single look over all their times finds, but that the evidence of an episode that grew may
    leave out events. An episode is known by its rule, group and beginning, which stay as it grows; only rows that come late can give it an
    earlier one, or bridge two, whose place it takes.
    """
    known: dict[tuple[object, ...], list[Episode]] = {}
    for old in before:
        known.setdefault(old.values, []).append(old)
    found: list[tuple[Episode, list[Episode]]] = []
    for one in of(correlation, tables, pack, reach, evidence):
        assert isinstance(one, Episode)
        found.append((one, [old for old in known.get(one.values, ()) if old.meets(one, correlation.seconds)]))
    counts = _counts(correlation, tables, pack, [_uncounted(one, olds) for one, olds in found if olds])
    return [_joined(correlation, one, olds, next(counts), evidence) if olds else one for one, olds in found]


def _uncounted(one: Episode, olds: list[Episode]) -> query.Span:
    """What is left to count where an episode goes on: nothing that was counted is read again, unless late rows came between."""
    until = max(one.end, *(old.end for old in olds))
    if _goes_on(one, olds):
        return one.values, olds[0].end + timedelta(microseconds=1), until
    return one.values, min(one.begin, *(old.begin for old in olds)), until


def _goes_on(one: Episode, olds: list[Episode]) -> bool:
    return len(olds) == 1 and one.held_from > olds[0].end


def _counts(correlation: Correlation, tables: Tables, pack: Pack, spans: list[query.Span]) -> Iterator[int]:
    rows = tables.rows(query.of_counts(correlation, pack, Taxonomy(tables.streams), spans)) if spans else []
    counts = {row["n"]: row["events"] for row in rows}
    return (counts.get(n, 0) for n in range(len(spans)))


def _joined(correlation: Correlation, one: Episode, olds: list[Episode], events: int, evidence: int) -> Episode:
    every = [*olds, one]
    values = [part.value for part in every if part.value is not None]
    told = {(event.rule, event.event_id): event for part in every for event in part.evidence}
    kept: list[Match] = []
    for event in sorted(told.values(), key=lambda event: (event.ts, event.event_id, event.rule)):
        if sum(other.rule == event.rule for other in kept) < evidence:
            kept.append(event)
    return replace(
        one,
        begin=min(part.begin for part in olds) if _goes_on(one, olds) else min(part.begin for part in every),
        held_from=min(part.held_from for part in every),
        end=max(part.end for part in every),
        events=olds[0].events + events if _goes_on(one, olds) else events,
        value=(max if correlation.grows else min)(values, default=None),
        evidence=tuple(kept),
    )
