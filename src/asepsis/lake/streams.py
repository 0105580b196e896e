"""The streams of the lake. Their names, columns, types and comments stand once, in the packet core (crates/wire)."""

from __future__ import annotations

from dataclasses import dataclass

# A column's type in the core, and the SQL type that reads the same everywhere.
SQL_TYPES = {
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "list of text": "VARCHAR[]",
    "list of int": "BIGINT[]",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `type` is one of SQL_TYPES; `doc` names the standard it comes from."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A table of events."""

    name: str
    doc: str
    columns: tuple[Column, ...]


def streams() -> dict[str, Stream]:
    """Every stream that this version of the core knows, by name."""
    from asepsis import _wire

    return {name: Stream(name, doc, tuple(Column(*column) for column in columns)) for name, doc, columns in _wire.streams()}
