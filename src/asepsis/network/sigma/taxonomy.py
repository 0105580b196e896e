"""Which stream a log source means, and which column a field.

Source: Sigma specification 2.1, appendix taxonomy. What is not there is said in one line: a rule that silently tests nothing would
look like a network without attacks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sigma.types import SigmaString, SigmaType

from asepsis.kit.errors import BadInput
from asepsis.lake.service import Column, Stream

from .rule import LogSource

IDENTITIES = frozenset({"event_id", "uid", "community_id"})
"""Columns of random letters: a keyword would meet them by chance."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a column keeps of a field: `values` that it can hold (a regular expression), and `shape`, as which one is looked for."""

    field: str
    column: str
    values: str
    shape: str
    what: str

    def value(self, value: SigmaType, where: str) -> SigmaType:
        """A value of the field as the column has it. Raises BadInput for one that never stands there."""
        if not isinstance(value, SigmaString) or not re.fullmatch(self.values, value.to_plain()):
            raise BadInput(f"of {self.field} only {self.what} is kept", where, f"test that, or the column {self.column} of the stream")
        return type(value)(self.shape.replace("{}", value.to_plain()))


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The streams of a lake under Sigma's names."""

    streams: Mapping[str, Stream]

    def stream(self, source: LogSource, where: str) -> Stream:
        """The stream of a log source. Raises BadInput if no packet shows it."""
        data = _data("logsources")
        if source.product is not None and source.product not in data["products"]:
            raise BadInput(f"no stream holds what {source.product} logs", where, "the sensor sees packets: use product zeek, or a category")
        word = source.service or source.category or ""
        known = data["service"] if source.service else data["category"]
        found = self.streams.get(known.get(word, word if source.service else ""))
        if found is None:
            raise BadInput(f"no stream for {source}", where, "`asepsis lake streams` lists the services there are")
        return found

    def column(self, stream: Stream, field: str, where: str) -> Column:
        """The column of a field. Raises BadInput for a field that the stream does not have."""
        data = _data("fields")
        word = data.get(stream.name, {}).get(field) or data["any"].get(field) or field.replace(".", "_")
        for column in stream.columns:
            if column.name == word:
                return column
        raise BadInput(f"the stream {stream.name} has no field {field}", where, f"`asepsis lake streams {stream.name}` lists those it has")

    def part(self, stream: Stream, field: str) -> Part | None:
        """What the stream keeps of a field, if that is a part."""
        told = _data("fields")["kept"].get(stream.name, {}).get(field)
        return Part(field, told["column"], told["values"], told["as"], told["what"]) if told else None

    def withheld(self, stream: Stream, column: Column) -> bool:
        """Whether a column holds pseudonyms alone."""
        return column.name in _data("fields")["withheld"].get(stream.name, ())

    def partly(self, stream: Stream, column: Column) -> bool:
        """Whether a column holds well-known names in clear, and pseudonyms of all others."""
        return column.name in _data("fields")["partly"].get(stream.name, ())

    def texts(self, stream: Stream) -> list[Column]:
        """Where keywords are looked for: every text of an event but its identities."""
        return [
            column
            for column in stream.columns
            if column.type in ("text", "list of text") and column.name not in IDENTITIES and not self.withheld(stream, column)
        ]


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("asepsis.network.sigma").joinpath("data", f"{name}.toml").read_text("utf-8"))
