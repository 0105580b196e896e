"""A rule's condition as a predicate over one stream.

Source: Sigma specification 2.1, "Search-Identifier", "Condition" and "Keywords search".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR, ConditionValueExpression
from sigma.types import (
    SigmaCasedString,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from asepsis.kit.errors import BadInput
from asepsis.lake.service import Column, Stream

from . import sql, values
from .rule import Rule, Tree
from .taxonomy import Taxonomy


def predicate(rule: Rule, taxonomy: Taxonomy) -> tuple[Stream, str]:
    """The stream that a rule looks at, and the SQL that is true for the events it means. Raises BadInput for what no stream can tell."""
    stream = taxonomy.stream(rule.source, rule.where)
    reader = _Reader(taxonomy, stream, rule.where)
    return stream, sql.any_of([reader.condition(tree) for tree in rule.trees])


@dataclass(frozen=True, slots=True)
class _Reader:
    taxonomy: Taxonomy
    stream: Stream
    where: str

    def condition(self, tree: Tree | object) -> str:
        match tree:
            case ConditionAND():
                return sql.all_of([self.condition(part) for part in tree.args])
            case ConditionOR():
                return self.either(tree.args)
            case ConditionNOT():
                return sql.no(self.condition(tree.args[0]))
            case ConditionFieldEqualsValueExpression():
                return self.field(tree.field, tree.value)
            case ConditionValueExpression():
                return self.keyword(tree.value)
        raise BadInput("a condition without a part", self.where, "name a selection that the rule has")

    def either(self, parts: Sequence[object]) -> str:
        """Any of the parts; the values of one field are compared together."""
        fields: dict[str, list[SigmaType]] = {}
        others: list[object] = []
        for part in parts:
            if isinstance(part, ConditionFieldEqualsValueExpression):
                fields.setdefault(part.field, []).append(part.value)
            else:
                others.append(part)
        return sql.any_of([*(self.field(field, *some) for field, some in fields.items()), *map(self.condition, others)])

    def field(self, field: str, *some: SigmaType) -> str:
        """Whether a field matches any of some values."""
        plain = list(_unfolded(some))
        if part := self.taxonomy.part(self.stream, field):
            return self.field(part.column, *(part.value(value, self.where) for value in plain))
        column = self.taxonomy.column(self.stream, field, self.where)
        found = [self.reference(column, value) for value in plain if isinstance(value, SigmaFieldReference)]
        compared = [value for value in plain if not isinstance(value, SigmaFieldReference)]
        if compared:
            found.append(values.matches_any(column, compared, partial(self.withheld, column), self.where))
        return sql.any_of(found)

    def withheld(self, column: Column, value: SigmaType) -> bool:
        """Whether a column shows too little to be compared with a value."""
        whole = isinstance(value, SigmaString) and not value.contains_special()
        return self.taxonomy.withheld(self.stream, column) or (self.taxonomy.partly(self.stream, column) and not whole)

    def reference(self, column: Column, value: SigmaFieldReference) -> str:
        """A field against another of the same event."""
        other = self.taxonomy.column(self.stream, value.field, self.where)
        left, right = sql.name(column.name), sql.name(other.name)
        kinds = {column.type, other.type}
        if any(kind.startswith("list") for kind in kinds) or (len(kinds) > 1 and not kinds <= {"int", "float"}):
            raise BadInput(f"{column.name} and {other.name} are of different types or lists", self.where, "compare fields of one type")
        if kinds != {"text"}:
            if value.starts_with or value.ends_with:
                raise BadInput(f"{column.name} is no text", self.where, "compare the whole values")
            return f"{left} = {right}"
        left, right = f"LOWER({left})", f"LOWER({right})"
        match value.starts_with, value.ends_with:
            case True, True:
                return f"CONTAINS({left}, {right})"
            case True, False:
                return f"STARTS_WITH({left}, {right})"
            case False, True:
                return f"ENDS_WITH({left}, {right})"
        return f"{left} = {right}"

    def keyword(self, value: SigmaType) -> str:
        """Anywhere in the texts of the event."""
        if isinstance(value, SigmaExpansion):
            return sql.any_of([self.keyword(one) for one in value.values])
        if isinstance(value, SigmaNumber):
            value = SigmaString(str(value.number))
        if isinstance(value, SigmaString):
            value = _somewhere(value)
        elif not isinstance(value, SigmaRegularExpression):
            raise BadInput("a keyword that is no text, number or regular expression", self.where, "name a field for it")
        texts = self.taxonomy.texts(self.stream)
        if not texts:
            raise BadInput(f"the stream {self.stream.name} has no texts for keywords", self.where, "name a field")
        return sql.any_of([values.matches(column, value, False, self.where) for column in texts])


def _unfolded(some: Iterable[SigmaType]) -> Iterator[SigmaType]:
    for value in some:
        if isinstance(value, SigmaExpansion):
            yield from _unfolded(value.values)
        else:
            yield value


def _somewhere(value: SigmaString) -> SigmaString:
    many = SpecialChars.WILDCARD_MULTI
    parts = ([] if value.s[:1] == [many] else [many]) + value.s + ([] if value.s[-1:] == [many] else [many])
    found = SigmaCasedString() if isinstance(value, SigmaCasedString) else SigmaString()
    found.s = parts if value.s else [many]
    return found
