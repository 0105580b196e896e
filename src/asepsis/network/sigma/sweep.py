"""Exact sliding windows, by a sweep line.

Every event adds one when it happens and takes it back when it leaves the window, a timespan later; the running sum is what the window that
ends there holds. A window is closed, [t - timespan, t], and is looked at whenever an event ends it; events of one microsecond come
together. Nothing is cut into hours, and a burst across midnight counts as one.

Source: Sigma correlation rules specification 2.1, "Correlation Types" ("the time frame should not be restricted to boundaries").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import sql
from .rule import Correlation
from .threshold import Comparison, literal

_RUNNING = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Named queries (CTEs) after which `held` has the moments at which a correlation holds: g0.. its group, `t`, `value`, and for each
    rule k how many events are in the window (n<k>) and have been so far (c<k>). `found` is a query of its events: ts, rule, g0.., v0.."""

    correlation: Correlation
    prefix: str
    found: str
    rules: int

    @property
    def groups(self) -> list[str]:
        return [f"g{n}" for n in range(len(self.correlation.group_by))]

    def over(self, order: str, *more: str) -> str:
        """A window over each group, in this order."""
        apart = [*self.groups, *more]
        return f"({f'PARTITION BY {sql.columns(apart)} ' if apart else ''}ORDER BY {order})"

    def running(self, order: str) -> str:
        return f"{self.over(order)[:-1]} {_RUNNING})"

    def named(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def queries(self) -> list[tuple[str, str]]:
        steps: dict[str, str | None] = {
            **self._busy(),
            "moments": self._moments(),
            "lives": self._lives() if self.correlation.kind == "value_count" else None,
            "steps": self._steps(),
            "swept": self._swept(),
        }
        found = [(name, query) for name, query in steps.items() if query]
        found += self._chain()
        held = f"SELECT {sql.columns(self.groups, ['t'], self._counters())}, {self._value()} AS value FROM {self.named(found[-1][0])}"
        found.append(("held", f"{held} WHERE phase = 0 AND {self._holds()}"))
        return [(self.named(name), query) for name, query in found]

    def _counters(self) -> list[str]:
        return [f"{kind}{n}" for kind in "nc" for n in range(self.rules)]

    def events(self) -> str:
        """The events, without those at times when the group cannot hold."""
        if not self._parts():
            return f"({self.found}) AS f"
        same = " AND ".join([f"{self._bucket('f.ts')} = b.bucket", *(f"f.{g} = b.{g}" for g in self.groups)])
        return f"(SELECT f.* FROM ({self.found}) AS f JOIN {self.named('busy')} AS b ON {same}) AS f"

    def _bucket(self, ts: str) -> str:
        return f"CAST(FLOOR(EPOCH({ts}) / {self.correlation.seconds}) AS BIGINT)"

    def _busy(self) -> dict[str, str]:
        """Where a group can hold at all, so that far fewer events are sorted. A window lies in two neighbouring buckets of a timespan each:
        where two together have too little, no window in them has enough."""
        parts = self._parts()
        if not parts:
            return {}
        by = sql.columns(self.groups, ["bucket"])
        sums = [f"{part} AS m{n}" for n, (part, _, _) in enumerate(parts)]
        kept = sql.columns(self.groups, [f"{self._bucket('ts')} AS bucket"], sums)
        names = [f"m{n}" for n in range(len(parts))]
        buckets = self.named("buckets")
        pair = " UNION ALL ".join(
            f"SELECT {sql.columns(self.groups, [f'{bucket} AS bucket'], names)} FROM {buckets}" for bucket in ("bucket", "bucket - 1")
        )
        both = " UNION ALL ".join(
            f"SELECT {sql.columns(self.groups, [f'{bucket} AS bucket'])} FROM {self.named('pairs')}" for bucket in ("bucket", "bucket + 1")
        )
        return {
            "buckets": f"SELECT {kept} FROM ({self.found}) AS f GROUP BY {sql.columns(self.groups, [self._bucket('ts')])}",
            "pairs": f"SELECT {by} FROM ({pair}) AS p GROUP BY {by} HAVING {sql.all_of(self._enough(parts))}",
            "busy": f"SELECT DISTINCT {by} FROM ({both}) AS p",
        }

    def _enough(self, parts: list[tuple[str, str, Comparison]]) -> list[str]:
        """What two buckets together must have."""
        if self.correlation.kind.startswith("temporal"):
            rules = _plus(f"{whole}(m{n})" for n, (_, whole, _) in enumerate(parts))
            return [one.sql(rules) for one in self.correlation.threshold if one.least]
        return [comparison.sql(f"{whole}(m{n})") for n, (_, whole, comparison) in enumerate(parts)]

    def _parts(self) -> list[tuple[str, str, Comparison]]:
        """Aggregates of a bucket that no window in it exceeds, how two buckets add up, and what is compared with them."""
        kind, found = self.correlation.kind, []
        for one in self.correlation.threshold:
            if kind in ("value_avg", "value_percentile", "value_median") and one.operator not in ("eq", "neq"):
                extreme = "MAX" if one.least else "MIN"
                found.append((f"{extreme}(v0)", extreme, one))
            elif kind == "value_sum" and one.least:
                found.append(("SUM(CASE WHEN v0 > 0 THEN v0 ELSE 0 END)", "SUM", one))
            elif kind.startswith("temporal") and one.least:
                return [(f"MAX(CASE WHEN rule = {n} THEN 1 ELSE 0 END)", "MAX", one) for n in range(self.rules)]
            elif kind in ("event_count", "value_count") and one.least:
                found.append(("COUNT(*)", "SUM", one))
        return found

    def _measures(self) -> dict[str, str]:
        """What is summed along the line, as it is at one moment."""
        match self.correlation.kind:
            case "value_sum" | "value_avg":
                return {"s": "SUM(v0)"}
            case "value_percentile" | "value_median":
                return {
                    f"{side}{n}": f"COUNT(CASE WHEN v0 {sign} {literal(comparison.number)} THEN 1 END)"
                    for n, comparison in enumerate(self.correlation.threshold)
                    for side, sign in (("below", "<"), ("upto", "<="))
                }
        return {}

    def _moments(self) -> str:
        groups = [f"f.{g} AS {g}" for g in self.groups]
        counts = [f"COUNT(CASE WHEN f.rule = {n} THEN 1 END) AS a{n}" for n in range(self.rules)]
        measures = [f"{aggregate} AS {name}" for name, aggregate in self._measures().items()]
        by = sql.columns([f"f.{g}" for g in self.groups], ["f.ts"])
        return f"SELECT {sql.columns(groups, ['f.ts AS t'], counts, measures)} FROM {self.events()} GROUP BY {by}"

    def _lives(self) -> str:
        """Each time a value is seen, with the times before and after. Source: a value lives until its next appearance or the end of the
        timespan."""
        values = [f"v{n}" for n in range(len(self.correlation.fields))]
        groups = [f"f.{g} AS {g}" for g in self.groups]
        seen = f"SELECT DISTINCT {sql.columns(groups, ['f.ts AS t'], values)} FROM {self.events()}"
        over = self.over("t", *values)
        return f"SELECT {sql.columns(self.groups, ['t'])}, LAG(t) OVER {over} AS before, LEAD(t) OVER {over} AS after FROM ({seen}) AS s"

    def _steps(self) -> str:
        """Arrivals (phase 0), and a timespan later the same taken back (phase 1, after what arrives at that moment)."""
        arrivals = [f"a{n}" for n in range(self.rules)]
        sums = [*arrivals, *self._measures()]
        span = sql.seconds(self.correlation.seconds)
        back = [f"-{column} AS {column}" for column in sums]
        moments = self.named("moments")
        if self.correlation.kind != "value_count":
            return (
                f"SELECT {sql.columns(self.groups, ['t', '0 AS phase'], sums)} FROM {moments} UNION ALL "
                f"SELECT {sql.columns(self.groups, [f't + {span} AS t', '1 AS phase'], back)} FROM {moments}"
            )
        lives = self.named("lives")
        parts = (
            f"SELECT {sql.columns(self.groups, ['t', '0 AS phase', 'a0', '0 AS d'])} FROM {moments}",
            f"SELECT {sql.columns(self.groups, [f't + {span}', '1', '-a0', '0'])} FROM {moments}",
            f"SELECT {sql.columns(self.groups, ['t', '0', '0', '1'])} FROM {lives} WHERE before IS NULL OR before < t - {span}",
            f"SELECT {sql.columns(self.groups, [f't + {span}', '1', '0', '-1'])} FROM {lives} WHERE after IS NULL OR after > t + {span}",
        )
        by = sql.columns(self.groups, ["t", "phase"])
        return f"SELECT {by}, SUM(a0) AS a0, SUM(d) AS d FROM ({' UNION ALL '.join(parts)}) AS u GROUP BY {by}"

    def _swept(self) -> str:
        arrivals = [f"a{n}" for n in range(self.rules)]
        now = [f"CAST(SUM({column}) OVER w AS BIGINT) AS n{column[1:]}" for column in arrivals]
        ever = [f"CAST(SUM(CASE WHEN phase = 0 THEN {column} ELSE 0 END) OVER w AS BIGINT) AS c{column[1:]}" for column in arrivals]
        counts = [f"CAST(SUM({column}) OVER w AS BIGINT) AS {column}_now" for column in self._measures() if column != "s"]
        sums = ["SUM(s) OVER w AS s_now"] if "s" in self._measures() else []
        values = ["CAST(SUM(d) OVER w AS BIGINT) AS d_now"] if self.correlation.kind == "value_count" else []
        kept = sql.columns(self.groups, ["t", "phase"], arrivals, now, ever, counts, sums, values)
        return f"SELECT {kept} FROM {self.named('steps')} WINDOW w AS {self.running('t, phase')}"

    def _chain(self) -> list[tuple[str, str]]:
        """For rules in order: b<k> is the latest time at which a chain of the first k + 1 rules that is complete by now can have begun."""
        if self.correlation.kind != "temporal_ordered":
            return []
        found, before = [], "swept"
        for n in range(self.rules):
            begun = f"MAX(CASE WHEN a{n} > 0 THEN {f'b{n - 1}' if n else 't'} END) OVER {self.running('t')} AS b{n}"
            found.append((f"chain{n}", f"SELECT *, {begun} FROM {self.named(before)} WHERE phase = 0"))
            before = f"chain{n}"
        return found

    def _value(self) -> str:
        match self.correlation.kind:
            case "event_count":
                return "n0"
            case "value_count":
                return "d_now"
            case "value_sum":
                return "s_now"
            case "value_avg":
                return "CAST(s_now AS DOUBLE) / n0"
            case "temporal" | "temporal_ordered":
                return _plus(f"CASE WHEN n{n} > 0 THEN 1 ELSE 0 END" for n in range(self.rules))
        return "CAST(NULL AS DOUBLE)"

    def _holds(self) -> str:
        match self.correlation.kind:
            case "temporal_ordered":
                return f"b{self.rules - 1} >= t - {sql.seconds(self.correlation.seconds)}"
            case "value_avg":
                return sql.all_of([comparison.sql("s_now", "n0") for comparison in self.correlation.threshold])
            case "value_percentile" | "value_median":
                return sql.all_of([self._ranked(n, comparison) for n, comparison in enumerate(self.correlation.threshold)])
        return sql.all_of([comparison.sql(self._value()) for comparison in self.correlation.threshold])

    def _ranked(self, n: int, comparison: Comparison) -> str:
        """The percentile by nearest rank (Hyndman and Fan 1996, definition 1): the smallest value that at least so many percent do not
        exceed. It is at least x if and only if fewer than so many percent are below x: two counts, and no sorted window."""
        share = f"{self.correlation.percentile} * n0"
        below, upto = f"100 * below{n}_now < {share}", f"100 * upto{n}_now < {share}"
        reached, passed = f"100 * below{n}_now >= {share}", f"100 * upto{n}_now >= {share}"
        return {
            "gte": below,
            "gt": upto,
            "lt": reached,
            "lte": passed,
            "eq": f"({below} AND {passed})",
            "neq": f"({reached} OR {upto})",
        }[comparison.operator]


def _plus(parts: Iterable[str]) -> str:
    return f"({' + '.join(parts)})"
