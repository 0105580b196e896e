"""Who did what in some days, counted: from the journal, in words."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from asepsis.journal.service import Entry


@dataclass(frozen=True, slots=True)
class Doings:
    """What one person did, the most frequent first. `who` is as the journal has it: `console:anna`, `os:root`."""

    who: str
    acts: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        return sum(number for _, number in self.acts)


def told(act: str) -> bool:
    """Whether an act is one of a person: what machines do all day is not."""
    return act not in _words()["machine"]


def doings(entries: Iterable[Entry]) -> list[Doings]:
    """Who did what, those who did most first."""
    by: dict[str, Counter[str]] = {}
    for entry in entries:
        by.setdefault(entry.who, Counter())[_words()["person"].get(entry.act, entry.act)] += _times(entry)
    found = [Doings(who, tuple(sorted(acts.items(), key=lambda act: (-act[1], act[0])))) for who, acts in by.items()]
    return sorted(found, key=lambda one: (-one.count, one.who))


def _times(entry: Entry) -> int:
    """Findings that were turned together are as many acts."""
    together = entry.detail.get("count") if entry.act.startswith("findings.") else 1
    return together if isinstance(together, int) and together > 0 else 1


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("acts.toml").read_text("utf-8"))
