"""A rule or correlation as one query over the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asepsis.kit.errors import BadInput

from . import sql
from .detection import predicate
from .pack import Pack
from .rule import Correlation, Rule
from .sources import COUNTED, Rows, Sources, union
from .sweep import Sweep
from .taxonomy import Taxonomy

EARLIEST, LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""A clock beyond the calendar is in no window: a timespan cannot be added to it."""


ROWS_MAX = 200_000
"""Rows of an answer: a rule that means more than these tells of the first."""
CHARACTERS = 16 << 20
"""Of a query: a rule of twenty thousand keywords over sixty texts is longer."""

Span = tuple[Sequence[object], datetime, datetime]
"""A group, and from when to when: both ends belong to it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Events from `since` on and before `until`."""

    since: datetime = EARLIEST
    until: datetime = LATEST

    def within(self, first: datetime, last: datetime) -> Reach:
        """What of it lies between two moments, both of which belong to it."""
        return Reach(max(self.since, first), min(self.until, last + timedelta(microseconds=1)))

    def sql(self, before: int = 0) -> str:
        """The same for SQL, and so many seconds before."""
        since = max(EARLIEST, self.since - timedelta(seconds=min(before, (self.since - EARLIEST).total_seconds())))
        return f"(ts >= {sql.moment(since)} AND ts < {sql.moment(self.until)})"


def of_rule(rule: Rule, taxonomy: Taxonomy, reach: Reach) -> str:
    """The events that a rule means: event_id and ts, in order of time."""
    stream, condition = predicate(rule, taxonomy)
    where = sql.all_of([reach.sql(), condition])
    return _bounded(f"SELECT event_id, ts FROM {stream.name} WHERE {where} ORDER BY ts, event_id", rule.where)


def of_correlation(correlation: Correlation, pack: Pack, taxonomy: Taxonomy, reach: Reach, evidence: int) -> str:
    """What a correlation finds, a row for each of the first `evidence` events of each of its rules in each episode (`asepsis.network.sigma.
    episode`): the group g0.., `held_from`, `held_to`, `events`, `value`, and `rule`, `stream`, `event_id`, `ts` of the event."""
    return _bounded(_Writer(pack, taxonomy, reach, lookback(correlation, pack)).episodes(correlation, evidence), correlation.where)


def of_need(correlation: Correlation, pack: Pack, taxonomy: Taxonomy, reach: Reach) -> str | None:
    """A row for a group that has what the correlation needs at least, at whatever times: a query that is planned and answered in a fraction
    of the time. None for one of which that cannot be told so cheaply."""
    return _Writer(pack, taxonomy, reach, lookback(correlation, pack)).need(correlation)


def of_moments(correlation: Correlation, pack: Pack, taxonomy: Taxonomy, reach: Reach) -> str:
    """The moments at which a correlation holds: the group g0.., `t` and `value`."""
    return _Writer(pack, taxonomy, reach, lookback(correlation, pack)).moments(correlation)


def of_counts(correlation: Correlation, pack: Pack, taxonomy: Taxonomy, spans: Sequence[Span]) -> str:
    """How many events of a correlation there are in each of `spans`: `n`, its number, and `events`."""
    reach = Reach(min(since for _, since, _ in spans), max(until for _, _, until in spans) + timedelta(microseconds=1))
    return _Writer(pack, taxonomy, reach, lookback(correlation, pack)).counts(correlation, spans)


def lookback(correlation: Correlation, pack: Pack) -> int:
    """So many seconds before a moment begin the events that decide whether the correlation holds then."""
    nested = [lookback(rule, pack) for rule in pack.of(correlation) if isinstance(rule, Correlation)]
    return correlation.seconds + max(nested, default=0)


@dataclass
class _Writer:
    """Writes one query; `steps` are its named parts so far."""

    pack: Pack
    taxonomy: Taxonomy
    reach: Reach
    before: int
    steps: list[tuple[str, str]] = field(default_factory=list)
    sweeps: dict[str, Sweep] = field(default_factory=dict)

    def moments(self, correlation: Correlation) -> str:
        sweep = self._sweep(correlation)
        order = sql.columns(sweep.groups, ["t"])
        return self._with(f"SELECT {order}, value FROM {sweep.named('held')} WHERE t >= {sql.moment(self.reach.since)} ORDER BY {order}")

    def episodes(self, correlation: Correlation, evidence: int) -> str:
        sweep = self._sweep(correlation)
        groups, span = sweep.groups, sql.seconds(correlation.seconds)
        since = sql.moment(self.reach.since)
        rules = range(sweep.rules)
        counters = [f"{kind}{n}" for kind in "nc" for n in rules]
        self._step(
            "gaps",
            f"SELECT {sql.columns(groups, ['t', 'value'], counters)}, LAG(t) OVER {sweep.over('t')} AS before "
            f"FROM {sweep.named('held')} WHERE t >= {since}",
        )
        self._step(
            "numbered",
            f"SELECT {sql.columns(groups, ['t', 'value'], counters)}, SUM(CASE WHEN before >= t - {span} THEN 0 ELSE 1 END) "
            f"OVER {sweep.running('t')} AS episode FROM gaps",
        )
        left = [f"MIN(c{n} - n{n}) AS left{n}" for n in rules]
        upto = [f"MAX(c{n}) AS upto{n}" for n in rules]
        extreme = "MAX" if correlation.grows else "MIN"
        kept = sql.columns(groups, ["episode", "MIN(t) AS held_from", "MAX(t) AS held_to", f"{extreme}(value) AS value"], left, upto)
        self._step("episodes", f"SELECT {kept} FROM numbered GROUP BY {sql.columns(groups, ['episode'])}")
        self._evidence(sweep, evidence)
        same = " AND ".join([f"w.{column} = e.{column}" for column in (*groups, "rule", "place")])
        told = sql.columns([f"w.{column}" for column in (*groups, "held_from", "held_to", "events", "value", "rule")])
        order = sql.columns([f"w.{column}" for column in (*groups, "held_from")], ["e.ts", "e.event_id", "w.rule"])
        whole = f"SELECT {told}, e.stream, e.event_id, e.ts FROM wanted AS w JOIN evidence AS e ON {same} ORDER BY {order} LIMIT {ROWS_MAX}"
        return self._with(whole)

    def need(self, correlation: Correlation) -> str | None:
        least = [one for one in correlation.threshold if one.least]
        if correlation.needs_all:
            return self._with(f"SELECT event_id FROM ({self._found(correlation)[0][0]}) AS f LIMIT 1")
        if correlation.kind not in ("event_count", "value_count") or not least:
            return None
        (found,), _ = self._found(correlation)
        counted = "DISTINCT v0" if correlation.kind == "value_count" and len(correlation.fields) == 1 else "*"
        groups = [f"g{n}" for n in range(len(correlation.group_by))]
        by = f" GROUP BY {sql.columns(groups)}" if groups else ""
        enough = sql.all_of([one.sql(f"COUNT({counted})") for one in least])
        return self._with(f"SELECT COUNT(*) AS events FROM ({found}) AS f{by} HAVING {enough} LIMIT 1")

    def counts(self, correlation: Correlation, spans: Sequence[Span]) -> str:
        sweep = self._sweep(correlation)
        values = [
            sql.columns([str(n), sql.moment(since), sql.moment(until)], [sql.value(one) for one in group])
            for n, (group, since, until) in enumerate(spans)
        ]
        names = sql.columns(["n", "since", "until"], sweep.groups)
        within = " AND ".join(["f.ts >= s.since", "f.ts <= s.until", *(f"f.{g} = s.{g}" for g in sweep.groups)])
        rows = ", ".join(f"({row})" for row in values)
        return self._with(
            f"SELECT s.n, COUNT(*) AS events FROM (VALUES {rows}) AS s({names}) JOIN ({sweep.found}) AS f ON {within} GROUP BY s.n"
        )

    def _evidence(self, sweep: Sweep, bound: int) -> None:
        """The places of the first events of each episode among those of its group and rule; and what stands there. By place and not by
        time, so that no event is compared with more than one episode."""
        groups, rules = sweep.groups, range(sweep.rules)
        total = " + ".join(f"(upto{n} - left{n})" for n in rules)
        numbers = ", ".join(f"({n})" for n in range(1, bound + 1))
        kept = sql.columns(groups, ["held_from", "held_to", "value", f"{total} AS events"])
        places = [
            f"SELECT {kept}, {n} AS rule, left{n} + i AS place FROM episodes CROSS JOIN (VALUES {numbers}) AS numbers(i) "
            f"WHERE left{n} + i <= upto{n}"
            for n in rules
        ]
        self._step("wanted", " UNION ALL ".join(places))
        events = sweep.events()
        if groups:
            same = " AND ".join(f"f.{g} = b.{g}" for g in groups)
            events = f"(SELECT f.* FROM {events} JOIN (SELECT DISTINCT {sql.columns(groups)} FROM episodes) AS b ON {same}) AS f"
        kept = sql.columns(["event_id", "stream", "ts", "rule"], groups)
        self._step("evidence", f"SELECT {kept}, ROW_NUMBER() OVER {sweep.over('ts, event_id', 'rule')} AS place FROM {events}")

    def _sweep(self, correlation: Correlation) -> Sweep:
        """The sweep of a correlation; its steps are written once."""
        if correlation.key not in self.sweeps:
            parts, _ = self._found(correlation)
            prefix = f"s{len(self.sweeps)}_"
            sweep = Sweep(correlation, prefix, f"SELECT * FROM {prefix}found", len(parts))
            self.sweeps[correlation.key] = sweep
            self.steps += [(f"{prefix}found", _all(parts)), *sweep.queries()]
        return self.sweeps[correlation.key]

    def _found(self, correlation: Correlation, *more: str) -> tuple[list[str], tuple[str, ...]]:
        """The events of a correlation, those of each rule that it tells apart, and the types of the `more` fields of its events, which are
        x0...

        An event that lacks a field of the group is in no group; one without the value that is counted does not count.
        """
        fields = (*correlation.group_by, *correlation.fields, *more)
        ordered = correlation.kind.startswith("temporal")
        queries = self._sources.each(correlation, fields) if ordered else [self._sources.together(correlation, fields)]
        types = union(queries).types
        counted = len(correlation.group_by) + len(correlation.fields)
        names = self._names(correlation, len(more))
        cast = self._cast(correlation, types)
        parts = []
        for n, query in enumerate(queries):
            cells = [f"f{m}" if kind == query.types[m] else f"CAST(f{m} AS VARCHAR)" for m, kind in enumerate(types)]
            cells = [f"TRY_CAST({cell} AS {COUNTED})" if cast and name == "v0" else cell for cell, name in zip(cells, names, strict=True)]
            there = [f"{cell} IS NOT NULL" for cell in cells[:counted]] or ["TRUE"]
            kept = [f"{cell} AS {name}" for cell, name in zip(cells, names, strict=True)]
            kept = ["event_id", "stream", "ts", f"{n} AS rule", *kept]
            parts.append(f"SELECT {sql.columns(kept)} FROM ({query.query}) AS q WHERE {sql.all_of(there)}")
        if correlation.needs_all and len(parts) == 2 and correlation.group_by:
            parts = self._shared(correlation, parts)
        return parts, types[counted:]

    @staticmethod
    def _shared(correlation: Correlation, parts: Sequence[str]) -> list[str]:
        """Of two sets of events that both are needed those whose group is in both: often one is small and the other is every connection."""
        same = " AND ".join(f"q.g{n} = o.g{n}" for n in range(len(correlation.group_by)))
        return [f"SELECT q.* FROM ({one}) AS q SEMI JOIN ({other}) AS o ON {same}" for one, other in (parts, reversed(parts))]

    @property
    def _sources(self) -> Sources:
        return Sources(self.pack, self.taxonomy, self.reach.sql(self.before), self._completing)

    def _completing(self, correlation: Correlation, fields: Sequence[str]) -> Rows:
        """A correlation as events, for one over it: it happens at those events that end a window in which it holds, with their fields."""
        sweep = self._sweep(correlation)
        parts, types = self._found(correlation, *fields)
        same = " AND ".join(["q.ts = h.t", *(f"q.{g} = h.{g}" for g in sweep.groups)])
        kept = sql.columns(["q.event_id", "q.stream", "q.ts"], [f"q.x{n} AS f{n}" for n in range(len(fields))])
        return Rows(f"SELECT DISTINCT {kept} FROM ({_all(parts)}) AS q JOIN {sweep.named('held')} AS h ON {same}", types)

    @staticmethod
    def _names(correlation: Correlation, more: int) -> list[str]:
        sizes = {"g": len(correlation.group_by), "v": len(correlation.fields), "x": more}
        return [f"{letter}{n}" for letter, size in sizes.items() for n in range(size)]

    @staticmethod
    def _cast(correlation: Correlation, types: Sequence[str]) -> bool:
        """Whether values are numbers to be summed or ranked."""
        if not correlation.fields or correlation.kind == "value_count":
            return False
        if types[len(correlation.group_by)] not in ("int", "float"):
            raise BadInput(f"{correlation.fields[0]} is no number", correlation.where, f"{correlation.kind} needs one")
        return True

    def _step(self, name: str, query: str) -> None:
        self.steps.append((name, query))

    def _with(self, query: str) -> str:
        steps = ", ".join(f"{name} AS ({step})" for name, step in self.steps)
        return f"WITH {steps} {query}" if steps else query


def _all(parts: Sequence[str]) -> str:
    return " UNION ALL ".join(parts)


def _bounded(query: str, where: str) -> str:
    if len(query) > CHARACTERS:
        raise BadInput(f"the rule makes a query of more than {CHARACTERS >> 20} MiB", where, "write several rules")
    return query
