"""The events that a correlation is about, as one query.

Source: Sigma correlation rules specification 2.1, "Related rules", "Field Name Aliases", "Grouping". Each query gives a set of rows with
`event_id`, `stream`, `ts` and the fields f0, f1, ... that were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asepsis.kit.errors import BadInput

from . import sql
from .detection import predicate
from .pack import Pack
from .rule import Correlation, Rule
from .taxonomy import Taxonomy

COUNTED = "DECIMAL(28, 6)"
"""What values are summed as: no sum of them depends on its order, and ten billion of any 64-bit number fit a sum of 38 digits."""

Nested = Callable[[Correlation, Sequence[str]], "Rows"]


@dataclass(frozen=True, slots=True)
class Rows:
    """A query and the types of its fields."""

    query: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Finds the events of rules between two times; `nested` gives those of a correlation."""

    pack: Pack
    taxonomy: Taxonomy
    within: str
    nested: Nested

    def each(self, correlation: Correlation, fields: Sequence[str]) -> list[Rows]:
        """The events of each rule of a correlation, in its order."""
        return [self._rows(correlation, rule, fields) for rule in self.pack.of(correlation)]

    def together(self, correlation: Correlation, fields: Sequence[str]) -> Rows:
        """The events of all rules of a correlation: one that several rules mean is there once."""
        whole: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
        queries: list[Rows] = []
        for rule in self.pack.of(correlation):
            if isinstance(rule, Rule):
                stream, condition, columns, types = self._parts(correlation, rule, fields)
                whole.setdefault((stream, columns, types), []).append(condition)
            else:
                queries.append(self._rows(correlation, rule, fields))
        queries += [
            Rows(self._select(stream, columns, sql.any_of(conditions)), types) for (stream, columns, types), conditions in whole.items()
        ]
        return queries[0] if len(queries) == 1 else union(queries, "UNION")

    def _rows(self, correlation: Correlation, rule: Rule | Correlation, fields: Sequence[str]) -> Rows:
        if isinstance(rule, Correlation):
            return self.nested(rule, [self._field(correlation, rule, field) for field in fields])
        stream, condition, columns, types = self._parts(correlation, rule, fields)
        return Rows(self._select(stream, columns, condition), types)

    def _parts(self, correlation: Correlation, rule: Rule, fields: Sequence[str]) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
        stream, condition = predicate(rule, self.taxonomy)
        found = [self.taxonomy.column(stream, self._field(correlation, rule, field), correlation.where) for field in fields]
        for column in found:
            if column.type.startswith("list of "):
                raise BadInput(f"{column.name} is a list", correlation.where, "group by and count fields of one value")
        return stream.name, condition, tuple(column.name for column in found), tuple(column.type for column in found)

    def _select(self, stream: str, columns: Sequence[str], condition: str) -> str:
        fields = [f"{sql.name(column)} AS f{n}" for n, column in enumerate(columns)]
        kept = sql.columns(["event_id", f"{sql.text(stream)} AS stream", "ts"], fields)
        return f"SELECT {kept} FROM {stream} WHERE {sql.all_of([self.within, condition])}"

    def _field(self, correlation: Correlation, rule: Rule | Correlation, field: str) -> str:
        """What a field of the correlation is called in the events of `rule`."""
        for reference, word in correlation.aliases.get(field, {}).items():
            if reference in rule.names:
                return word
        return field


def union(queries: Sequence[Rows], operator: str = "UNION ALL") -> Rows:
    """The rows of all. A field that has several types is compared as text."""
    types = tuple(kinds[0] if len(set(kinds)) == 1 else "text" for kinds in zip(*(query.types for query in queries), strict=True))
    parts = []
    for query in queries:
        fields = [f"f{n}" if kind == query.types[n] else f"CAST(f{n} AS VARCHAR) AS f{n}" for n, kind in enumerate(types)]
        parts.append(f"SELECT {sql.columns(['event_id', 'stream', 'ts'], fields)} FROM ({query.query}) AS q")
    return Rows(f" {operator} ".join(parts), types)
