"""The lake, open for questions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asepsis.lake import commits
from asepsis.lake.bounds import Between, Bounds
from asepsis.lake.commits import Part, Snapshot
from asepsis.lake.engine import DuckDBEngine, Span
from asepsis.lake.reading import Reading
from asepsis.lake.streams import Stream, streams

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORD, _TEXT = re.compile(r"[a-z_]\w*"), re.compile("'[^']*'")
_PAIRS = {"pairs", "each_pair"}
FEW = 2_000_000
"""Rows that one thread looks through in a fraction of a second: those of five minutes at 5,000 a second, with some to spare."""


class Lake:
    """Every stream as a table, also those without rows; what it shows is the lake at the moment it was opened, but for the parts `without`:
    who has looked at those already sees what came since; or nothing but the parts that are named in `only`, or those with rows of `since`
    and later. Of `between` are the rows themselves: no others are seen. `parts` are all that it holds, `whole_since` is when rows begin of
    which none has expired: None if none ever did."""

    def __init__(
        self,
        folder: Path,
        bounds: Bounds | None = None,
        without: Collection[str] = (),
        only: Sequence[Part] | None = None,
        since: datetime | None = None,
        between: Between = (None, None),
    ) -> None:
        self.streams: dict[str, Stream] = streams()
        self._folder = folder
        commits.expect(folder)
        self._reading = Reading(folder)
        snapshot = commits.read(folder)
        self.parts = frozenset(part.path for part in snapshot.parts)
        self.whole_since = _time(snapshot.whole_since)
        shown = snapshot.parts if only is None else only
        first, end = _micros(since or between[0]), _micros(between[1])
        shown = [part for part in shown if (first is None or part.max_ts >= first) and (end is None or part.min_ts < end)]
        shown = [part for part in shown if part.path not in without]
        self._snapshot = Snapshot(snapshot.n, tuple(shown))
        self._engine = DuckDBEngine(folder, bounds or Bounds(), sum(part.rows for part in shown) <= FEW, between)
        self._registered: set[str] = set()
        self._places = self._paired = False

    def sql(self, query: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> pa.Table:
        """The answer to our own `query`; `parameters` fill `?` or `$name`. Raises BadInput with the engine's message."""
        self._register(_words(_TEXT.sub(" ", query)))
        return self._engine.sql(query, parameters)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The answer to our own `query` as rows, for one that finds nothing where its streams hold nothing (an aggregate without GROUP BY
        does). It is not put to the engine where they are all empty: a check asks of many protocols, a small capture holds a few."""
        words = _words(_TEXT.sub(" ", query))
        named = self._named(words)
        if named and not any(self._snapshot.of(name) for name in named):
            return []
        self._register(words)
        return self._engine.rows(query)

    def last(self, *names: str) -> datetime | None:
        """The latest `ts` of these streams, as the commit log knows it; None where they hold nothing, or a clock beyond the calendar."""
        return _time(max((part.max_ts for name in names for part in self._snapshot.of(name)), default=None))

    def ask(self, query: str) -> pa.Table:
        """The answer to a query that a person wrote: one SELECT over the streams, within the lake's bounds, or BadInput."""
        from asepsis.lake import guard

        self._register(_words(query))
        guard.check(query, self._engine, self.streams)
        self._engine.plan(query)
        return self._engine.sql(query)

    def place(self, spans: Sequence[Span]) -> None:
        """From now on every stream names the ends of a connection by their place: `spans` say how an address is written from when until
        when. The table `places` has them, for what else holds addresses."""
        self._engine.place(spans)
        # Without any the streams stay as they are, and what was made of them.
        if spans or self._places:
            self._registered.clear()
            self._paired = False
        self._places = True

    def append(self, name: str, rows: pa.Table) -> None:
        """Adds rows to a table of this session, to join with the streams. It is gone when the lake is closed."""
        self._engine.append(name, rows)

    def close(self) -> None:
        self._engine.close()
        self._reading.close()

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def _register(self, words: Collection[str]) -> None:
        """Opens the streams that a query names, the first time one does: a view reads the footer of every part."""
        if not self._places and "places" in words:
            self.place(())
        for name in self._named(words) - self._registered:
            files = [self._folder / part.path for part in self._snapshot.of(name)]
            self._engine.register(name, files, self.streams[name].columns)
            self._registered.add(name)
        if not self._paired and not _PAIRS.isdisjoint(words):
            self._engine.pair()
            self._paired = True

    def _named(self, words: Collection[str]) -> set[str]:
        return {*self.streams.keys() & words, *(() if _PAIRS.isdisjoint(words) else ("conn",))}


def _words(query: str) -> set[str]:
    return set(_WORD.findall(query.lower()))


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def _time(micros: int | None) -> datetime | None:
    try:
        return None if micros is None else _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None
