"""One field against one value, as SQL. True where it matches; false or unknown where not (`sql.no` makes both the same).

Sources: Sigma specification 2.1, "Detection" (values are case-insensitive strings; * and ? are wildcards) and appendix modifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from asepsis.kit.errors import BadInput
from asepsis.lake.service import Column

from . import networks, patterns, sql

_COMPARED = {CompareOperators.LT: "<", CompareOperators.LTE: "<=", CompareOperators.GT: ">", CompareOperators.GTE: ">="}
_TRUTH = {"true": "TRUE", "t": "TRUE", "1": "TRUE", "false": "FALSE", "f": "FALSE", "0": "FALSE"}
"""Zeek writes T and F."""
_PSEUDONYM = re.compile(r"k[0-9]+:[a-z2-7]{26}")
_ESCAPE = "!"
"""In patterns: a backslash would mean one thing more to Spark than to DuckDB."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column, or what stands for one element of it, with the type of its values."""

    expression: str
    type: str
    column: str
    where: str

    def as_text(self) -> str:
        return self.expression if self.type == "text" else f"CAST({self.expression} AS VARCHAR)"


def matches_any(column: Column, some: Sequence[SigmaType], withheld: Callable[[SigmaType], bool], where: str) -> str:
    """Whether `column` matches any of `some`, as `matches` says of each; `withheld` says of which it shows too little. Raises BadInput."""
    compared = [value for value in some if not isinstance(value, SigmaNull | SigmaExists)]
    if len(compared) < 2:
        return sql.any_of([matches(column, value, withheld(value), where) for value in some])
    found = [matches(column, value, False, where) for value in some if isinstance(value, SigmaNull | SigmaExists)]
    for value in compared:
        _check_shown(column, value, withheld(value), where)
    name = sql.name(column.name)
    if column.type.startswith("list of "):
        kind = column.type.removeprefix("list of ")
        return sql.any_of([*found, any_element(name, lambda element: _any(Cell(element, kind, column.name, where), compared))])
    return sql.any_of([*found, _any(Cell(name, column.type, column.name, where), compared)])


def matches(column: Column, value: SigmaType, withheld: bool, where: str) -> str:
    """Whether `column` matches `value`. A list does if any of its elements does. Raises BadInput for what cannot be compared."""
    name = sql.name(column.name)
    if isinstance(value, SigmaNull):
        return missing(column)
    if isinstance(value, SigmaExists):
        return sql.no(missing(column)) if value.exists else missing(column)
    _check_shown(column, value, withheld, where)
    if not column.type.startswith("list of "):
        return _one(Cell(name, column.type, column.name, where), value)
    return any_element(name, lambda element: _one(Cell(element, column.type.removeprefix("list of "), column.name, where), value))


def _check_shown(column: Column, value: SigmaType, withheld: bool, where: str) -> None:
    if withheld and not (isinstance(value, SigmaString) and _PSEUDONYM.fullmatch(value.to_plain())):
        raise BadInput(f"{column.name} is kept as a pseudonym", where, "compare it with one, or test another field")


def missing(column: Column) -> str:
    """Whether a column has no value. A list without elements has none."""
    name = sql.name(column.name)
    return f"{name} IS NULL" if not column.type.startswith("list of ") else f"({name} IS NULL OR ARRAY_LENGTH({name}) = 0)"


def any_element(column: str, test: Callable[[str], str]) -> str:
    """Whether any element of a list passes `test`."""
    return f"ARRAY_LENGTH(LIST_FILTER({column}, LAMBDA e : {test('e')})) > 0"


def _any(cell: Cell, some: Sequence[SigmaType]) -> str:
    """Whether a cell matches any of some values. Those that it is to equal are one list, which an engine looks up in a table, however long
    the list is; so are networks."""
    listed: dict[str, list[str]] = {}
    ranges: list[IPv4Network | IPv6Network] = []
    rest: list[str] = []
    for value in some:
        if pair := _equal(cell, value):
            listed.setdefault(pair[0], []).append(pair[1])
        elif isinstance(value, SigmaCIDRExpression) and _halved(cell):
            ranges.append(value.network)
        else:
            rest.append(_one(cell, value))
    whole = cell.expression == sql.name(cell.column)
    equal = [sql.among(left, of, whole) for left, of in listed.items()]
    return sql.any_of([*equal, *networks.inside_any(cell.column, ranges), *rest])


def _equal(cell: Cell, value: SigmaType) -> tuple[str, str] | None:
    """What has to be equal, where a value is a plain text or a whole number."""
    match value:
        case SigmaString(s=[str(word)]) if cell.type == "text":
            cased = isinstance(value, SigmaCasedString) or not _folds(word)
            return cell.expression if cased else f"LOWER({cell.expression})", _literal(word, cased)
        case SigmaString(s=[str(word)]) if cell.type == "int" and _whole(word):
            return cell.expression, word
        case SigmaNumber(number=int(number)) if cell.type == "int":
            return cell.expression, str(number)
    return None


def _one(cell: Cell, value: SigmaType) -> str:
    if pair := _equal(cell, value):
        return " = ".join(pair)
    match value:
        case SigmaString():
            return _text(cell, value, isinstance(value, SigmaCasedString))
        case SigmaTimestampPart():
            return f"{_part(cell, value)} = {value.number}"
        case SigmaNumber():
            return _number(cell, value.number)
        case SigmaBool():
            return _text(cell, SigmaString("true" if value.boolean else "false"), False)
        case SigmaRegularExpression():
            return _regular(cell, value)
        case SigmaCIDRExpression():
            return _network(cell, value)
        case SigmaCompareExpression():
            return _compared(cell, value)
    raise _cannot(cell, f"by {type(value).__name__}")


def _text(cell: Cell, value: SigmaString, cased: bool) -> str:
    if value.contains_placeholder():
        raise BadInput("placeholders are not filled in", cell.where, "write the values")
    if cell.type == "text":
        return like(cell.expression, value, cased)
    plain = not value.contains_special()
    word = "".join(part for part in value.s if isinstance(part, str))
    if cell.type == "int":
        if not plain:
            return like(cell.as_text(), value, True)
        return sql.FALSE  # a whole number is what `_equal` has taken
    if cell.type == "bool" and plain:
        if word.lower() not in _TRUTH:
            raise _cannot(cell, f"with {word}", "write true or false")
        return f"{cell.expression} = {_TRUTH[word.lower()]}"
    if cell.type == "float" and plain:
        try:
            return _number(cell, float(word))
        except ValueError:
            return sql.FALSE
    raise _cannot(cell, "with text", "compare it with lt, lte, gt or gte" if cell.type == "float" else "test another field")


def like(expression: str, value: SigmaString, cased: bool) -> str:
    """Whether a text is `value`, with its wildcards: * is LIKE's %, ? its _, and both of these are themselves."""
    parts = value.s
    words = [part for part in parts if isinstance(part, str)]
    if not cased and any(_folds(word) for word in words):
        expression = f"LOWER({expression})"
    else:
        cased = True
    many = SpecialChars.WILDCARD_MULTI
    match parts:
        case []:
            return f"{expression} = ''"
        case [one] if one is many:
            return f"{expression} IS NOT NULL"
        case [str(word), last] if last is many:
            return f"STARTS_WITH({expression}, {_literal(word, cased)})"
        case [first, str(word)] if first is many:
            return f"ENDS_WITH({expression}, {_literal(word, cased)})"
        case [first, str(word), last] if first is many and last is many:
            return f"CONTAINS({expression}, {_literal(word, cased)})"
    pattern = "".join(_escaped(part) if isinstance(part, str) else "%" if part is many else "_" for part in parts)
    return f"{expression} LIKE {_literal(pattern, cased)} ESCAPE '{_ESCAPE}'"


def _escaped(word: str) -> str:
    return re.sub(r"([%_!])", rf"{_ESCAPE}\1", word)


def _folds(word: str) -> bool:
    return word.lower() != word or word.upper() != word


def _literal(word: str, cased: bool) -> str:
    """A literal in the case to compare in. Beyond ASCII the engine folds it, by the same table as the column."""
    if cased:
        return sql.text(word)
    return sql.text(word.lower()) if word.isascii() else f"LOWER({sql.text(word)})"


def _whole(word: str) -> bool:
    """Whether a text is how a 64-bit integer is written."""
    return re.fullmatch(r"0|-?[1-9][0-9]{0,17}", word) is not None


def _number(cell: Cell, number: float) -> str:
    if cell.type == "text":
        return f"{cell.expression} = {sql.text(str(number))}"
    if cell.type == "bool" and number in (0, 1):
        return f"{cell.expression} = {'TRUE' if number else 'FALSE'}"
    if cell.type in ("int", "float"):
        return f"{cell.expression} = {_digits(number, cell.type)}"
    raise _cannot(cell, f"with {number}")


def _digits(number: float, kind: str) -> str:
    """A number as SQL reads it. To a column of doubles it is a double: a decimal would be rounded to the column's places."""
    if isinstance(number, int):
        return str(number)
    return f"CAST('{number!r}' AS DOUBLE)" if kind == "float" or "e" in repr(number) else repr(number)


def _compared(cell: Cell, value: SigmaCompareExpression) -> str:
    if value.op not in _COMPARED:
        raise _cannot(cell, f"by {value.op.name}")
    if isinstance(value.number, SigmaTimestampPart):
        return f"{_part(cell, value.number)} {_COMPARED[value.op]} {value.number.number}"
    if cell.type not in ("int", "float"):
        raise _cannot(cell, "by size", "only numbers have one")
    return f"{cell.expression} {_COMPARED[value.op]} {_digits(value.number.number, cell.type)}"


def _part(cell: Cell, value: SigmaTimestampPart) -> str:
    if cell.type != "timestamp":
        raise _cannot(cell, f"by its {value.timestamp_part.name.lower()}", "only times have one")
    return f"EXTRACT({value.timestamp_part.name} FROM {cell.expression})"


def _regular(cell: Cell, value: SigmaRegularExpression) -> str:
    if cell.type not in ("text", "int"):
        raise _cannot(cell, "by a regular expression")
    if not isinstance(value.regexp, SigmaString):
        raise BadInput(f"{cell.column}: a regular expression is a text", cell.where, "put it in quotes")
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    return f"REGEXP_MATCHES({cell.as_text()}, {sql.text(patterns.checked(value.regexp.to_plain_regex(), flags, cell.where))})"


def _network(cell: Cell, value: SigmaCIDRExpression) -> str:
    if _halved(cell):
        return networks.inside(cell.column, value.network)
    if cell.type != "text":
        raise _cannot(cell, "with a network")
    if not isinstance(value.network, IPv4Network):
        raise _cannot(cell, "with an IPv6 network", f"only {' and '.join(networks.HALVES)} are kept as numbers")
    return networks.inside_text(cell.expression, value.network)


def _halved(cell: Cell) -> bool:
    """Whether it is an end of a connection, which is kept as numbers too."""
    return cell.expression == sql.name(cell.column) and cell.column in networks.HALVES


def _cannot(cell: Cell, how: str, todo: str = "test another field") -> BadInput:
    return BadInput(f"{cell.column} ({cell.type}) cannot be compared {how}", cell.where, todo)
