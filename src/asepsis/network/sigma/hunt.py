"""Rules over a lake: what they find in a span of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
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
