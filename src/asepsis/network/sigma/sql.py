"""Words of SQL that mean the same in DuckDB and, carried over by sqlglot, in Spark. A value never leaves its quotes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

FALSE = "FALSE"
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


def columns(*lists: Sequence[str]) -> str:
    return ", ".join(column for names in lists for column in names)


def _joined(operator: str, conditions: Sequence[str]) -> str:
    if len(conditions) == 1:
        return conditions[0]
    while len(conditions) > _CHAIN:
        conditions = [_joined(operator, conditions[n : n + _CHAIN]) for n in range(0, len(conditions), _CHAIN)]
    return "(" + operator.join(conditions) + ")"
