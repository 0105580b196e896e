"""What is watched for, and what of it was seen to be caught: by technique of ATT&CK, and by attack of the range.

`techniques.tsv` has those that rules of asepsis name, `measured.tsv` what caught each attack of the range, with the day on which that was
measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from . import tactic
from .library import Entry
from .meaning import techniques

TECHNIQUES, MEASURED = "techniques.tsv", "measured.tsv"
CELL_W, CELL_H, GAP, HEAD = 150, 40, 8, 34
LETTERS = 20
"""As many fit into a cell."""


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique; one that only a rule of the site names has no name, and the tactics of that rule."""

    id: str
    name: str
    tactics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """An attack of the range: `by` are the first rules that spoke, each with the time from the first packet; none if it was missed."""

    scenario: str
    variant: str
    by: Mapping[str, str]
    day: date


@dataclass(frozen=True, slots=True)
class Covered:
    """A technique, the rules that look for it, and the attacks of the range in which one of these spoke."""

    technique: Technique
    rules: tuple[Entry, ...]
    proven: tuple[Measured, ...]

    @property
    def day(self) -> date | None:
        """When that was measured last."""
        return max((one.day for one in self.proven), default=None)


@dataclass(frozen=True, slots=True)
class Cell:
    """A technique under a tactic in the picture."""

    x: int
    y: int
    covered: Covered

    @property
    def short(self) -> str:
        """As much of the name as fits: of a part of a technique that part."""
        name = self.covered.technique.name.rpartition(": ")[2]
        return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


@dataclass(frozen=True, slots=True)
class Column:
    """A tactic in the picture."""

    x: int
    tactic: str
    words: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The picture: a column for each tactic, a cell for each technique under it."""

    width: int
    height: int
    columns: tuple[Column, ...]


def _lines(name: str) -> Iterator[list[str]]:
    text = files("asepsis.network").joinpath(name).read_text("utf-8")
    yield from (line.split("\t") for line in text.splitlines() if not line.startswith("#"))


@cache
def known() -> Mapping[str, Technique]:
    """The techniques that rules of asepsis name, by id."""
    return {id: Technique(id, name, tuple(tactics.split(","))) for id, tactics, name in _lines(TECHNIQUES)}


@cache
def measured() -> Sequence[Measured]:
    """What the attacks of the range were caught by, in the order of the table."""
    return tuple(
        Measured(scenario, variant, dict(one.split(" ", 1) for one in by.split("; ") if one), date.fromisoformat(day))
        for scenario, variant, by, day in _lines(MEASURED)
    )


def proven(rule: str) -> tuple[Measured, ...]:
    """The attacks of the range in which a rule of asepsis was among the first that spoke."""
    return tuple(one for one in measured() if rule in one.by)


def covered(entries: Iterable[Entry]) -> list[Covered]:
    """Every technique that rules name, in the order of tactics."""
    by: dict[str, list[Entry]] = {}
    for entry in entries:
        for id in techniques(entry.speaks.tags):
            by.setdefault(id, []).append(entry)
    found = [Covered(_technique(id, rules[0]), tuple(rules), _proven(rules)) for id, rules in by.items()]
    return sorted(found, key=lambda one: (min(map(tactic.rank, one.technique.tactics), default=-1), one.technique.id))


def _technique(id: str, rule: Entry) -> Technique:
    return known().get(id) or Technique(id, "", tuple(tactic.in_order(rule.meaning.tactics)))


def _proven(rules: Iterable[Entry]) -> tuple[Measured, ...]:
    names = {rule.name for rule in rules if rule.own}
    return tuple(one for one in measured() if names & one.by.keys())


def matrix(found: Iterable[Covered]) -> Matrix:
    """The picture of what is covered."""
    under: dict[str, list[Covered]] = {name: [] for name in tactic.WORDS}
    for one in found:
        for name in one.technique.tactics:
            under[name].append(one)
    columns: list[Column] = []
    for name, of in under.items():
        if of:
            x = len(columns) * (CELL_W + GAP)
            cells = tuple(Cell(x, HEAD + row * (CELL_H + GAP), one) for row, one in enumerate(of))
            columns.append(Column(x, name, tactic.WORDS[name], cells))
    tallest = max((len(column.cells) for column in columns), default=0)
    return Matrix(len(columns) * (CELL_W + GAP), HEAD + tallest * (CELL_H + GAP), tuple(columns))
