"""A report before it is a page or a PDF: parts with sentences, lists, tables and charts. Plain values; nothing in it is markup.

What came off the network or from a person is one line of bounded length here, without controls and marks of direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asepsis.kit.errors import one_line

CELL, SENTENCE = 160, 400


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence; `strong` where it says the most."""

    text: str
    strong: bool = False
    kind: str = "words"


@dataclass(frozen=True, slots=True)
class Listed:
    """Sentences that stand beside each other."""

    items: tuple[str, ...]
    kind: str = "list"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; the first cell of a row names it. Of the columns, from 0, `numbers` are of numbers, and `wide` those of sentences:
    they share the room that the others leave."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    wide: tuple[int, ...] = (0,)
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Columns:
    """Numbers over time as a chart and as a table: for each label of `rows` a number of each of one or two `series`."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    kind: str = "columns"


@dataclass(frozen=True, slots=True)
class Do:
    """Something to do or to decide: what is wrong, by when, who could be hurt, what it takes. The finding of that id tells more."""

    what: str
    when: str
    who: str
    takes: str
    finding: str
    kind: str = "do"


Block = Words | Listed | Table | Columns | Do


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report: `title`, what it is `about` ("November 2026"), of which `site`, and a sentence of when it was `made`. What stands on
    one `sheet` is set in larger letters."""

    title: str
    about: str
    site: str
    made: str
    parts: tuple[Part, ...]
    sheet: bool = False


def cell(text: object) -> str:
    """What fits into a cell of a table."""
    return one_line(text, CELL)


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = (), wide: Sequence[int] = (0,)
) -> Table:
    """A table; each cell is made one bounded line."""
    told = tuple(tuple(f"{one:,}" if isinstance(one, int) else cell(one) for one in row) for row in rows)
    return Table(caption, tuple(heads), told, tuple(numbers), tuple(wide))


def text_of(paper: Paper) -> str:
    """The report as lines of text."""
    lines = [f"{paper.title}: {paper.about}", f"{paper.site}. {paper.made}"]
    for part in paper.parts:
        lines += ["", part.title.upper()]
        for block in part.blocks:
            lines += _lines(block)
    return "\n".join(lines)


def _lines(block: Block) -> list[str]:
    if isinstance(block, Words):
        return [block.text]
    if isinstance(block, Listed):
        return [f"- {item}" for item in block.items]
    if isinstance(block, Do):
        return [f"* {block.what} [{block.when}]", f"  {block.who}", f"  {block.takes}"]
    rows = block.rows if isinstance(block, Table) else tuple((label, *(f"{n:,}" for n in numbers)) for label, numbers in block.rows)
    wide = [max(len(row[nth]) for row in (block.heads, *rows)) for nth in range(len(block.heads))]
    return [f"{block.caption}:", *("  " + "  ".join(map(str.ljust, row, wide)).rstrip() for row in (block.heads, *rows))]
