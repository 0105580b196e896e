"""The picture of who talks to whom: an SVG drawn here, readable without colour, with a table beside it for those who read.

Three columns, from what touches patients to the rest; a clear-text clinical conversation is a thick line, named below its sender.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from .talks import CLINICAL, OUTSIDE, Openness, Talk

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

# More boxes than this cannot be told apart on a page; those with nothing clinical in clear are folded first.
BOXES_MAX = 36
_BOX_WIDTH, _BOX_HEIGHT, _ROW, _COLUMN, _TOP = 230, 42, 64, 400, 40
_LABEL_MAX = 27
# A curve comes three quarters as far as its handles: the widest stays in the gap between two columns.
_BEND_MIN, _BEND_MAX = 40, (_COLUMN - _BOX_WIDTH) * 4 // 3 - 20
_COLUMNS = (("life", "monitor"), ("support",), ("none", "unknown"))
_HEADINGS = ("Treat and diagnose", "Carry and keep the record", "Other and unknown")


@dataclass(frozen=True, slots=True)
class Box:
    """A drawn asset: centre of its left edge."""

    asset_id: str
    label: str
    kind: str
    x: int
    y: int


def picture(assets: Sequence[Asset], talks: Sequence[Talk]) -> str:
    """The SVG element."""
    boxes = {box.asset_id: box for box in _boxes(_chosen(assets, talks), any(OUTSIDE in (t.source, t.target) for t in talks))}
    drawn = [talk for talk in talks if talk.source in boxes and talk.target in boxes]
    height = max((box.y for box in boxes.values()), default=0) + _ROW
    width = _COLUMN * 2 + _BOX_WIDTH + 20
    lines = "".join(_edge(talk, boxes[talk.source], boxes[talk.target]) for talk in sorted(drawn, key=lambda talk: talk.openness))
    labels = "".join(_names(drawn, boxes))
    heads = "".join(f'<text class="head" x="{10 + _COLUMN * n}" y="20">{escape(text)}</text>' for n, text in enumerate(_HEADINGS))
    shapes = "".join(_shape(box) for box in boxes.values())
    return (
        f'<svg role="img" aria-label="Who talks to whom" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">'
        f"{heads}{lines}{shapes}{labels}</svg>"
    )


def _chosen(assets: Sequence[Asset], talks: Sequence[Talk]) -> list[Asset]:
    weight: dict[str, int] = {}
    for talk in talks:
        for end in (talk.source, talk.target):
            weight[end] = max(weight.get(end, 0), 1 + talk.openness)
    ranked = sorted(assets, key=lambda asset: (-weight.get(asset.id, 0), asset.id))
    return [asset for asset in ranked if weight.get(asset.id)][:BOXES_MAX]


def _boxes(assets: Sequence[Asset], outside: bool) -> list[Box]:
    boxes: list[Box] = []
    for n, classes in enumerate(_COLUMNS):
        mine = sorted((a for a in assets if a.clinical_class in classes), key=lambda asset: (asset.kind, asset.name, asset.id))
        boxes += [Box(a.id, a.name, a.kind, 10 + _COLUMN * n, _TOP + _ROW * row + _BOX_HEIGHT // 2) for row, a in enumerate(mine)]
    if outside:
        below = [box.y for box in boxes if box.x > 10 + _COLUMN] or [_TOP - _ROW + _BOX_HEIGHT // 2]
        boxes.append(Box(OUTSIDE, "addresses outside the hospital", "", 10 + _COLUMN * 2, max(below) + _ROW))
    return boxes


def _shape(box: Box) -> str:
    top = box.y - _BOX_HEIGHT // 2
    label = box.label if len(box.label) <= _LABEL_MAX else box.label[: _LABEL_MAX - 1] + "\u2026"
    return (
        f'<g><title>{escape(box.label)}</title><rect class="box" x="{box.x}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6"/>'
        f'<text class="name" x="{box.x + 10}" y="{box.y - 2}">{escape(label)}</text>'
        f'<text class="kind" x="{box.x + 10}" y="{box.y + 13}">{escape(box.kind)}</text></g>'
    )


def _edge(talk: Talk, source: Box, target: Box) -> str:
    left, right = sorted((source, target), key=lambda box: (box.x, box.y))
    path = _within(left.x, left.y, right.y) if left.x == right.x else _across(left, right)
    kind = {Openness.CLEAR_CLINICAL: "clear", Openness.ENCRYPTED: "safe", Openness.OTHER: "other"}[talk.openness]
    services = ", ".join(talk.services) or "unknown protocol"
    title = f"{source.label} to {target.label}: {services}, {talk.connections} connections"
    return f'<g><title>{escape(title)}</title><path class="{kind}" d="{path}"/></g>'


def _across(left: Box, right: Box) -> str:
    x1, x2 = left.x + _BOX_WIDTH, right.x
    bend = max(60, (x2 - x1) // 2)
    return f"M{x1} {left.y} C{x1 + bend} {left.y} {x2 - bend} {right.y} {x2} {right.y}"


def _within(x: int, y1: int, y2: int) -> str:
    """A line within a column goes round in the gap between two columns, of the last column on its left; the wider the further its ends are
    apart, so that two do not lie on each other."""
    bend = _BEND_MIN + (_BEND_MAX - _BEND_MIN) * (y2 - y1) // (y2 - y1 + 4 * _ROW)
    last = x > 10 + _COLUMN
    start, out = (x, x - bend) if last else (x + _BOX_WIDTH, x + _BOX_WIDTH + bend)
    return f"M{start} {y1} C{out} {y1} {out} {y2} {start} {y2}"


def _names(talks: Sequence[Talk], boxes: dict[str, Box]) -> Iterator[str]:
    """What is in clear, written once under each box that sends it: on the lines themselves names would cover each other."""
    spoken: dict[str, set[str]] = {}
    for talk in talks:
        if talk.openness is Openness.CLEAR_CLINICAL:
            spoken.setdefault(talk.source, set()).update(s for s in talk.services if s in CLINICAL)
    for asset_id, services in spoken.items():
        box = boxes[asset_id]
        text = f"sends {' and '.join(sorted(services))} in clear"
        yield f'<text class="open" x="{box.x + 10}" y="{box.y + _BOX_HEIGHT // 2 + 14}">{escape(text)}</text>'
