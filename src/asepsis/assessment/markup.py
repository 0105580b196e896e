"""Pieces of HTML that several parts of the report are made of. Every text is escaped here or by who hands it in, as each piece says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

_BAR = 120


def table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str]], cell: Callable[[str], str] = escape) -> str:
    """A table that scrolls by itself where it is too wide; nothing without rows. The first cell of a row is its heading. `cell` makes HTML
    of a text."""
    body = "".join(f'<tr><th scope="row">{cell(row[0])}</th>{"".join(f"<td>{cell(text)}</td>" for text in row[1:])}</tr>' for row in rows)
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    # What scrolls must be reachable by the keyboard (WCAG 2.2, 2.1.1).
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        if body
        else ""
    )


def counts(caption: str, heads: tuple[str, str], rows: Sequence[tuple[str, int]]) -> str:
    """A small table of numbers, each with its bar: the longest is the largest."""
    most = max((number for _, number in rows), default=0)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{number:,}</td><td class="bar">{bar(number, most)}</td></tr>'
        for name, number in rows
    )
    head = f'<th scope="col">{escape(heads[0])}</th><th scope="col" colspan="2">{escape(heads[1])}</th>'
    return f'<table class="counts"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def bar(number: int, of: int) -> str:
    """A bar beside its number, which says the same: it is for the eye alone."""
    filled = round(_BAR * number / of) if of else 0
    return (
        f'<svg class="bar" aria-hidden="true" viewBox="0 0 {_BAR + 2} 12" xmlns="http://www.w3.org/2000/svg">'
        f'<rect class="track" x="1" y="1" width="{_BAR}" height="10"/><rect class="part" x="1" y="1" width="{filled}" height="10"/></svg>'
    )


def section(id: str, heading: str, body: str) -> str:
    """A landmark with its heading; `body` is HTML."""
    return f'<section id="{id}" aria-labelledby="{id}-head"><h2 id="{id}-head">{escape(heading)}</h2>{body}</section>\n'


def prose(text: str) -> str:
    """A sentence of ours as HTML: what stands in backquotes is to be typed."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))
