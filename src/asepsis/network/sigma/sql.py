"""Words of SQL that mean the same in DuckDB and, carried over by sqlglot, in Spark. A value never leaves its quotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

FALSE = "FALSE"
LONG = 1_000
"""Of a list with more literals than these a table is made."""
_BLANK = " "
UNIT = "\x1f"
"""The unit separator (ASCII), which stands in no value of a `table`."""
_CHAIN = 64
"""So many operands stand in one row: an engine's parser may take a chain for a tree that is as deep as it is long."""


def text(value: str) -> str:
    """`value` as a string literal. SQL ends a query at a zero byte, so one is written as a function."""
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"


def name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def moment(value: datetime) -> str:
    return f"CAST('{value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}+00:00' AS TIMESTAMPTZ)"


def value(one: object) -> str:
    """A value that a query gave, for another query."""
    match one:
        case bool():
            return "TRUE" if one else FALSE
        case int() | Decimal():
            return f"{one}"
        case float():
            return f"CAST('{one!r}' AS DOUBLE)"
        case datetime():
            return moment(one)
    return text(str(one))


def seconds(count: int) -> str:
    return f"INTERVAL '{count}' SECOND"


def any_of(conditions: Sequence[str]) -> str:
    return _joined(" OR ", conditions)


def all_of(conditions: Sequence[str]) -> str:
    return _joined(" AND ", conditions)


def no(condition: str) -> str:
    """True where `condition` is false or unknown: a missing value never loses a row (three-valued logic, ISO/IEC 9075-2 section 8.22)."""
    return f"(NOT (({condition}) IS TRUE))"


def among(left: str, literals: Sequence[str], listed: bool = True) -> str:
    """Whether `left` is one of some literals. `listed`: many may be a query, which no function over the elements of a list may hold."""
    if len(literals) == 1:
        return f"{left} = {literals[0]}"
    short = [one for one in literals if not _splits(one)] if listed and len(literals) > LONG else list(literals)
    parts = [f"{left} IN ({columns(short)})"] if short else []
    if len(short) < len(literals):
        parts.append(f"{left} IN ({_unnested([one for one in literals if _splits(one)])})")
    return any_of(parts)


def _splits(literal: str) -> bool:
    return _BLANK not in literal and literal[0] in "'-0123456789"


def _unnested(literals: Sequence[str]) -> str:
    """Literals of one type as rows: one long text, because an engine plans each literal of a list by itself."""
    if not literals[0].startswith("'"):
        return f"SELECT CAST(v AS BIGINT) FROM ({_unnested([text(one) for one in literals])}) AS listed"
    return f"SELECT UNNEST(STRING_SPLIT('{_BLANK.join(one[1:-1] for one in literals)}', '{_BLANK}')) AS v"


def table(columns: Mapping[str, Sequence[str]], types: Mapping[str, str]) -> str:
    """Rows as a query, by columns of one length, none of them empty: each column is one long text, as an engine plans every literal of a
    list by itself. `types` are those of columns that are no text."""
    parts = [f"UNNEST(STRING_SPLIT({text(UNIT.join(values))}, {text(UNIT)})) AS {name}" for name, values in columns.items()]
    cast = [f"CAST({name} AS {types[name]}) AS {name}" if name in types else name for name in columns]
    return f"SELECT {', '.join(cast)} FROM (SELECT {', '.join(parts)}) AS listed"


def columns(*lists: Sequence[str]) -> str:
    return ", ".join(column for names in lists for column in names)


def _joined(operator: str, conditions: Sequence[str]) -> str:
    if len(conditions) == 1:
        return conditions[0]
    while len(conditions) > _CHAIN:
        conditions = [_joined(operator, conditions[n : n + _CHAIN]) for n in range(0, len(conditions), _CHAIN)]
    return "(" + operator.join(conditions) + ")"
