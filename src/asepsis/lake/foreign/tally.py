"""What became of the lines of foreign logs, and of their fields: everything that did not become a row is counted by name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# Names that are told apart; others are counted together. A log has tens of fields, a hostile file as many as it likes.
NAMES = 512
OTHER = "(others)"
# How sensors name logs, event types and fields. A name that does not look so is not repeated: it may be anything.
_NAME = re.compile(r"[@A-Za-z_][A-Za-z0-9_.@/ -]{0,63}")
_NUMBER = re.compile(r"[0-9]{4}")


@dataclass(slots=True)
class Tally:
    """Counts: `lines` read; `kinds`: those that gave rows, by log or event type; `unmapped`: those of a kind that no stream is for;
    `malformed`: those that could not be read, by reason. `no_column` and `withheld`: values of fields that no column is for, and that may
    not be kept. `lines` is the sum of the first three."""

    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    no_column: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)

    def form(self) -> dict[str, Any]:
        """The counts as an object of JSON."""
        counters = {name: dict(getattr(self, name)) for name in ("kinds", "unmapped", "malformed", "no_column", "withheld")}
        return {"lines": self.lines, **counters}


def count(names: Counter[str], name: str) -> None:
    """One more of `name`, if it can be told; else of the others."""
    if name not in names and (len(names) >= NAMES or not _NAME.fullmatch(name) or _NUMBER.search(name)):
        name = OTHER
    names[name] += 1
