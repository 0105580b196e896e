"""Which parts hold the rows that came since somebody last looked: each row once.

New rows come with commits that remove nothing; one that removes parts (a merge, an expiry) writes rows again that were there. Files of
parts that were merged meanwhile stand for a while (`asepsis.lake.compact`), so they are read as they came.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from asepsis.kit.errors import BadInput
from asepsis.lake import commits
from asepsis.lake.commits import Part


@dataclass(frozen=True, slots=True)
class News:
    """`parts` hold what came up to commit `n`. `known` are all parts of the lake, to be handed in next time."""

    n: int
    parts: tuple[Part, ...]
    known: frozenset[str]


def news(lake: Path, since: int, known: Collection[str]) -> News:
    """What came after commit `since`, when the lake had the parts `known`. Where the log does not reach back so far, a part that was merged
    in between is given whole, with rows that were looked at already."""
    snapshot = commits.read(lake)
    every = frozenset(part.path for part in snapshot.parts)
    if since == snapshot.n:
        return News(snapshot.n, (), every)
    if not 0 < since < snapshot.n:
        return News(snapshot.n, snapshot.parts, every)
    try:
        added = tuple(part for n in range(since + 1, snapshot.n + 1) for part in commits.brought(lake, n))
    except BadInput:
        added = None
    if added is None or not all((lake / part.path).exists() for part in added):
        return News(snapshot.n, tuple(part for part in snapshot.parts if part.path not in known), every)
    return News(snapshot.n, added, every)
