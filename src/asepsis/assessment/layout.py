"""Where boxes and lines lie. Three columns, from what touches patients to the rest; a frame for each part of the network, over the columns
that it needs.

Lines run in the gaps between the columns; one that has a column to pass goes through a gap between two of its boxes, so that no line seems
to end at a box that it only passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .flows import COLUMNS, Box, Edge, Flows

BOX_WIDTH, CARD = 240, 4
"""Width of a box; a box of many machines has cards behind it, each so far to the right and up."""
_LOW, _HIGH = 46, 61
_GAP, _GUTTER, _EDGE = 26, 134, 20
_TOP, _HEAD, _FOOT, _BETWEEN, _MARGIN = 30, 38, 12, 14, 12
_COLUMN = BOX_WIDTH + _GUTTER
WIDTH = 2 * _EDGE + len(COLUMNS) * BOX_WIDTH + (len(COLUMNS) - 1) * _GUTTER + 3 * CARD
# A curve comes three quarters as far as its handles: the widest stays in the gap between two columns.
_BEND_MIN, _BEND_MAX = 40, (_GUTTER - 24) * 4 // 3
_LANES = (0, 4, -4, 8, -8)

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""A cubic curve (SVG 2, 9.3.6): start, two handles, end."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box with its upper left corner."""

    box: Box
    x: int
    y: int
    height: int

    @property
    def cards(self) -> int:
        """Cards behind it: one for several machines, two for tens, three for hundreds."""
        return min(len(str(self.box.number)), 3) if self.box.number > 1 else 0

    @property
    def right(self) -> int:
        return self.x + BOX_WIDTH + self.cards * CARD


@dataclass(frozen=True, slots=True)
class Frame:
    """A part of the network, over one column or several."""

    name: str
    x: int
    y: int
    width: int
    height: int
    machines: int


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as it is drawn; `tip` is where it ends, `inward` whether it comes from the left there."""

    edge: Edge
    curves: tuple[Curve, ...]
    tip: Point
    from_left: bool

    def at(self, share: float) -> Point:
        """The point at a share of its way."""
        n = min(int(share * len(self.curves)), len(self.curves) - 1)
        return point(self.curves[n], share * len(self.curves) - n)


@dataclass(frozen=True, slots=True)
class Layout:
    places: tuple[Place, ...]
    frames: tuple[Frame, ...]
    lines: tuple[Line, ...]
    height: int


def layout(found: Flows, edges: Sequence[Edge]) -> Layout:
    """All boxes of `found`, and those of its edges."""
    places, frames, bottom = min((_stacked(found.boxes, wide_first) for wide_first in (False, True)), key=lambda stack: stack[2])
    by = {place.box.id: place for place in places}
    blocked = [(frame.y, frame.y + _HEAD - 10) for frame in frames if frame.x < column_x(1) < frame.x + BOX_WIDTH]
    return Layout(tuple(places), tuple(frames), tuple(_lines(edges, by, _Lanes(places, blocked, bottom))), bottom)


def _stacked(boxes: Sequence[Box], wide_first: bool) -> tuple[list[Place], list[Frame], int]:
    """Every place in its frame, and how far down that goes. The next is the first that leaves the least room empty above itself; if
    `wide_first`, those over several columns come before the others."""
    places: list[Place] = []
    frames: list[Frame] = []
    free = [_TOP] * len(COLUMNS)
    left = {name: [box for box in boxes if box.place == name] for name in dict.fromkeys(box.place for box in boxes)}
    while left:
        name = min(left, key=lambda name: (wide_first and len(_span(left[name])) == 1, _waste(free, _span(left[name]))))
        mine = left.pop(name)
        span = _span(mine)
        top = max(free[column] for column in span)
        stood = list(_columns(mine, top + _HEAD))
        bottom = max(place.y + place.height for place in stood) + _FOOT
        x, right = column_x(span[0]) - _MARGIN, column_x(span[-1]) + BOX_WIDTH + 3 * CARD + _MARGIN
        frames.append(Frame(name, x, top, right - x, bottom - top, sum(box.number for box in mine)))
        places += stood
        for column in span:
            free[column] = bottom + _BETWEEN
    return places, frames, max(free)


def _span(boxes: Sequence[Box]) -> range:
    """The columns that a frame of these boxes lies over."""
    columns = [box.column for box in boxes]
    return range(min(columns), max(columns) + 1)


def _waste(free: Sequence[int], span: range) -> int:
    return sum(max(free[column] for column in span) - free[column] for column in span)


def column_x(column: int) -> int:
    return _EDGE + column * _COLUMN


def point(curve: Curve, t: float) -> Point:
    """A point of a cubic curve."""
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    return sum(w * p[0] for w, p in zip(weights, curve, strict=True)), sum(w * p[1] for w, p in zip(weights, curve, strict=True))


def _columns(boxes: Sequence[Box], top: int) -> Iterator[Place]:
    for column in range(len(COLUMNS)):
        y = top
        for box in boxes:
            if box.column == column:
                height = _HIGH if box.speaks else _LOW
                yield Place(box, column_x(column), y, height)
                y += height + _GAP


def _lines(edges: Sequence[Edge], places: dict[str, Place], lanes: _Lanes) -> Iterator[Line]:
    ports = _ports(edges, places)
    turns = _turns(ports, len(edges))
    for n, edge in enumerate(edges):
        (start, out), (end, into) = ports[n, 0], ports[n, 1]
        yield Line(edge, _way(start, out, end, into, lanes, turns[n]), end, not into)


def _turns(ports: dict[tuple[int, int], tuple[Point, bool]], edges: int) -> list[float]:
    """Where in the gap each line turns, as a share of its width, so that they lie beside each other: of those that go down the highest
    last, of those that go up the lowest."""
    ways = [sorted((ports[n, 0][0], ports[n, 1][0])) for n in range(edges)]
    order = sorted(range(edges), key=lambda n: (ways[n][0][0], -ways[n][0][1] if ways[n][1][1] > ways[n][0][1] else ways[n][0][1], n))
    gaps = defaultdict[float, list[int]](list)
    for n in order:
        gaps[ways[n][0][0] // _COLUMN].append(n)
    turns = [0.5] * edges
    for lines in gaps.values():
        for nth, n in enumerate(lines, 1):
            turns[n] = 0.1 + 0.8 * nth / (len(lines) + 1)
    return turns


def _sides(source: Place, target: Place) -> tuple[bool, bool]:
    """Whether a line leaves and arrives on the right. Within a column it goes round in the gap beside, of the last on its left."""
    if source.x == target.x:
        return (source.box.column < len(COLUMNS) - 1,) * 2
    return source.x < target.x, target.x < source.x


def _ports(edges: Sequence[Edge], places: dict[str, Place]) -> dict[tuple[int, int], tuple[Point, bool]]:
    """Where each edge begins (0) and ends (1), and whether on the right: spread over the side of the box, in
    the order of where they lead."""
    sides: defaultdict[tuple[str, bool], list[tuple[int, int, int]]] = defaultdict(list)
    for n, edge in enumerate(edges):
        both = places[edge.source], places[edge.target]
        for end, right in enumerate(_sides(*both)):
            sides[both[end].box.id, right].append((both[1 - end].y, n, end))
    ports: dict[tuple[int, int], tuple[Point, bool]] = {}
    for (id, right), ends in sides.items():
        place = places[id]
        for nth, (_, n, end) in enumerate(sorted(ends), 1):
            y = place.y + 5 + (place.height - 10) * nth / (len(ends) + 1)
            ports[n, end] = ((place.right if right else place.x, round(y, 1)), right)
    return ports


def _way(start: Point, out: bool, end: Point, into: bool, lanes: _Lanes, turn: float) -> tuple[Curve, ...]:
    if out == into:
        return (_round(start, end, 1 if out else -1),)
    left, right = (start, end) if out else (end, start)
    passes = right[0] - left[0] > _COLUMN
    curves = list(_through(left, right, lanes, turn)) if passes else [_across(left, right, turn)]
    return tuple(curves) if out else tuple(_reversed(curve) for curve in reversed(curves))


def _across(left: Point, right: Point, turn: float) -> Curve:
    x = left[0] + turn * (right[0] - left[0])
    return left, (x, left[1]), (x, right[1]), right


def _through(left: Point, right: Point, lanes: _Lanes, turn: float) -> Iterator[Curve]:
    """Over the middle column by a free lane."""
    y = lanes.take((left[1] + right[1]) / 2)
    one, other = (column_x(1) - _MARGIN, y), (column_x(1) + BOX_WIDTH + 3 * CARD + _MARGIN, y)
    yield _across(left, one, turn)
    yield one, one, other, other
    yield _across(other, right, turn)


def _round(start: Point, end: Point, side: int) -> Curve:
    """The wider the further its ends are apart, so that two do not lie on each other."""
    far = abs(end[1] - start[1])
    bend = side * (_BEND_MIN + (_BEND_MAX - _BEND_MIN) * far / (far + 4 * (_LOW + _GAP)))
    x = max(start[0], end[0]) if side > 0 else min(start[0], end[0])
    return start, (x + bend, start[1]), (x + bend, end[1]), end


def _reversed(curve: Curve) -> Curve:
    return curve[3], curve[2], curve[1], curve[0]


class _Lanes:
    """The gaps between the boxes of the middle column, and which lanes in them are taken."""

    def __init__(self, places: Iterable[Place], heads: Iterable[tuple[int, int]], bottom: int) -> None:
        boxes = [(place.y - 3 * CARD, place.y + place.height) for place in places if place.box.column == 1]
        spans = [(_TOP, _TOP), *sorted([*boxes, *heads]), (bottom, bottom)]
        self._gaps = [(above[1] + 3, below[0] - 3) for above, below in pairwise(spans) if below[0] - above[1] >= 6] or [(bottom, bottom)]
        self._taken: set[float] = set()

    def take(self, wish: float) -> float:
        """The free lane next to `wish`; a taken one where all are."""
        low, high = min(self._gaps, key=lambda gap: abs(min(max(wish, gap[0]), gap[1]) - wish))
        y = round(min(max(wish, low), high))
        lane = next((y + step for step in _LANES if low <= y + step <= high and y + step not in self._taken), y)
        self._taken.add(lane)
        return lane
