"""Numbers over time as columns, drawn as SVG: for a page and for paper. Each column carries its number, so that no colour is needed."""

from __future__ import annotations

from html import escape

from .paper import Columns

WIDTH, HEIGHT = 480, 170
_TOP, _FOOT, _GAP, _WIDEST = 34, 22, 0.3, 44
_INK = 'fill="currentColor"'
# The first sort is filled, the second only drawn around.
_SORTS = (
    'fill="currentColor" fill-opacity="0.75" stroke="currentColor" stroke-width="1.5"',
    'fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="4 2"',
)


def svg(columns: Columns) -> str:
    """The chart. What it shows stands in the table beside it, and in short in its title."""
    most = max((number for _, numbers in columns.rows for number in numbers), default=0) or 1
    sorts, step = columns.heads[1:], WIDTH / max(len(columns.rows), 1)
    width = min(step * (1 - _GAP) / len(sorts), _WIDEST)
    drawn = [_legend(nth, words) for nth, words in enumerate(sorts)]
    for at, (label, numbers) in enumerate(columns.rows):
        left = at * step + (step - len(sorts) * width) / 2
        drawn += [_column(left + nth * width, width, number, most, nth) for nth, number in enumerate(numbers)]
        drawn.append(_words(at * step + step / 2, HEIGHT - 6, label))
    line = f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT - _FOOT}" y2="{HEIGHT - _FOOT}" stroke="currentColor" stroke-width="1"/>'
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(columns.caption)}" font-size="13">{"".join(drawn)}{line}</svg>'
    )


def _column(left: float, width: float, number: int, most: int, sort: int) -> str:
    room = HEIGHT - _FOOT - _TOP - 16
    high = room * number / most
    top = HEIGHT - _FOOT - high
    body = f'<rect x="{left + 2:.1f}" y="{top:.1f}" width="{width - 4:.1f}" height="{high:.1f}" {_SORTS[sort]}/>' if number else ""
    return body + _words(left + width / 2, top - 4, f"{number:,}")


def _legend(nth: int, words: str) -> str:
    left = nth * WIDTH / 2
    box = f'<rect x="{left + 1:.1f}" y="3" width="12" height="12" {_SORTS[nth]}/>'
    return box + f'<text x="{left + 20:.1f}" y="14" {_INK}>{escape(words)}</text>'


def _words(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" {_INK}>{escape(words)}</text>'
