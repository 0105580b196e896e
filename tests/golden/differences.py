"""Explained differences from tshark (differences.toml) and what is equal (equal.tsv), for the test and the reference."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
EQUAL = HERE / "equal.tsv"
_DATA = tomllib.loads((HERE / "differences.toml").read_text("utf-8"))
TSHARK: str = _DATA["tshark"]


@dataclass(frozen=True)
class Compared:
    """How one fact is told, and whether it counts once however often it was told."""

    told: str
    once: bool


@dataclass(frozen=True)
class Why:
    """Who could tell it and does not, and the reason."""

    lacks: str
    text: str


@dataclass(frozen=True)
class Difference:
    """How many facts only tshark tells of a capture, and how many only asepsis."""

    capture: str
    compared: str
    tshark: int
    asepsis: int
    why: str


COMPARED = {name: Compared(**told) for name, told in _DATA["compared"].items()}
WHY = {name: Why(**why) for name, why in _DATA["why"].items()}
DIFFERENCES = [Difference(**line) for line in _DATA["difference"]]
Only = tuple[int, int]


def explained(capture: str) -> dict[str, Only]:
    """By what is compared, how many facts only tshark tells and how many only asepsis."""
    theirs: Counter[str] = Counter()
    mine: Counter[str] = Counter()
    for line in DIFFERENCES:
        if line.capture == capture:
            theirs[line.compared] += line.tshark
            mine[line.compared] += line.asepsis
    return {what: (theirs[what], mine[what]) for what in theirs | mine}


def equal() -> dict[str, dict[str, int]]:
    """By capture and what is compared, how many facts both tell."""
    heads, *lines = (line.split("\t") for line in EQUAL.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {line[0]: dict(zip(heads[1:], map(int, line[1:]), strict=True)) for line in lines}
