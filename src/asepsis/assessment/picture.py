"""The picture of who talks to whom: an SVG drawn here, readable without colour, with a table beside it for those who read.

A clear-text clinical conversation is a thick line with an arrow and the name of what is spoken; encrypted ones are dashed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType

from .flows import BEYOND, COLUMNS, Edge, Flows
from .layout import BOX_WIDTH, CARD, WIDTH, Frame, Layout, Line, Place, column_x, layout
from .lettering import fit, width
from .talks import Openness

LINES_MAX = {Openness.CLEAR_CLINICAL: 60, Openness.ENCRYPTED: 30, Openness.OTHER: 30}
"""More lines hide each other; the busiest are drawn, the table has all."""
NAMES = {"dicom": "DICOM", "dicomweb": "DICOMweb", "hl7": "HL7", "fhir": "FHIR", "astm": "ASTM", "poct1": "POCT1", "sdc": "SDC"}
"""Clinical protocols as people write them."""

_HEADINGS = ("Treat and diagnose", "Carry and keep the record", "Other and unknown")
_CLASSES = {Openness.CLEAR_CLINICAL: "clear", Openness.ENCRYPTED: "safe", Openness.OTHER: "other"}
_PAD, _NAME, _SMALL, _HEAD = 10, 12, 11, 13
_ROOM, _TAG_HEIGHT = BOX_WIDTH - 2 * _PAD, 16
# Shares of a line's way where its name may stand, the best first.
_STANDS = (0.32, 0.24, 0.4, 0.16, 0.48, 0.56, 0.64, 0.72, 0.8, 0.88)

NO_LINKS: Mapping[str, str] = MappingProxyType({})

Rect = tuple[float, float, float, float]
"""Left, top, width, height."""


def drawn(found: Flows) -> tuple[Edge, ...]:
    """The edges that the picture has room for."""
    left = dict(LINES_MAX)
    chosen = []
    for edge in found.edges:
        if left[edge.openness]:
            left[edge.openness] -= 1
            chosen.append(edge)
    return tuple(chosen)


def picture(found: Flows, boxes: Mapping[str, str] = NO_LINKS, places: Mapping[str, str] = NO_LINKS) -> str:
    """The SVG element. `boxes` are the addresses where boxes lead, by their ids, `places` those where frames lead, by their names."""
    laid = layout(found, drawn(found))
    labels = {place.box.id: place.box.label for place in laid.places}
    heads = "".join(
        f'<text class="head" x="{column_x(n)}" y="16">{escape(text)}</text>' for n, text in enumerate(_HEADINGS[: len(COLUMNS)])
    )
    lines = "".join(_line(line, labels) for line in sorted(laid.lines, key=lambda line: line.edge.openness))
    # What has links in it is no picture alone: a reader of the screen goes into it.
    role = "group" if boxes or places else "img"
    return (
        f'<svg class="flows" role="{role}" aria-label="Who talks to whom" viewBox="0 0 {WIDTH} {laid.height}" xmlns="http://www.w3.org/2000/svg">'
        f"{heads}{''.join(_led(_frame(frame), places.get(frame.name)) for frame in laid.frames)}{lines}"
        f"{''.join(_led(_shape(place), boxes.get(place.box.id)) for place in laid.places)}{''.join(_tags(laid))}</svg>"
    )


def _led(shape: str, address: str | None) -> str:
    """A shape that leads somewhere."""
    return f'<a href="{escape(address)}">{shape}</a>' if address else shape


def _frame(frame: Frame) -> str:
    outside = frame.name == BEYOND
    name = "Outside the hospital" if outside else fit(frame.name, frame.width - 130, _HEAD, bold=True)
    count = "" if outside else f'<tspan class="kind"> \u00b7 {frame.machines:,} {"machine" if frame.machines == 1 else "machines"}</tspan>'
    shape = f'x="{frame.x}" y="{frame.y}" width="{frame.width}" height="{frame.height}" rx="10"'
    return (
        f'<rect class="{"frame beyond" if outside else "frame"}" {shape}/>'
        f'<text class="place" x="{frame.x + _PAD + 2}" y="{frame.y + 18}">{escape(name)}{count}</text>'
    )


def _shape(place: Place) -> str:
    box, shape = place.box, f'width="{BOX_WIDTH}" height="{place.height}" rx="6"'
    cards = "".join(f'<rect class="card" x="{place.x + n * CARD}" y="{place.y - n * CARD}" {shape}/>' for n in range(place.cards, 0, -1))
    spoken = ", ".join(NAMES.get(name, name) for name in box.speaks)
    rows = [
        ("name", box.label, _NAME, True),
        ("kind", _detail(box.detail), _SMALL, False),
        ("open", f"sends {spoken} in clear" if spoken else "", _SMALL, True),
    ]
    text = "".join(
        f'<text class="{kind}" x="{place.x + _PAD}" y="{place.y + 18 + 15 * n}">{escape(fit(words, _ROOM, size, bold))}</text>'
        for n, (kind, words, size, bold) in enumerate(row for row in rows if row[1])
    )
    title = escape(f"{box.label}: {box.detail}" if box.detail else box.label)
    return f'<g><title>{title}</title>{cards}<rect class="box" x="{place.x}" y="{place.y}" {shape}/>{text}</g>'


def _detail(name: str) -> str:
    """A name that is too long begins with what people call the machine: `MR01: GE MEDICAL SYSTEMS SIGNA ...`."""
    if width(name, _SMALL) <= _ROOM or not name.endswith(")"):
        return name
    long, _, label = name[:-1].rpartition(" (")
    return f"{label}: {long}" if long else name


def _line(line: Line, labels: dict[str, str]) -> str:
    edge = line.edge
    services = ", ".join(edge.services) or "unknown protocol"
    title = f"{labels[edge.source]} to {labels[edge.target]}: {services}, {edge.connections:,} connections"
    way = f"M{_xy(line.curves[0][0])}" + "".join(f"C{' '.join(map(_xy, curve[1:]))}" for curve in line.curves)
    kind = _CLASSES[edge.openness]
    thick = f" w{min(len(str(edge.readable)) // 2 + 1, 3)}" if kind == "clear" else ""
    x, y = line.tip
    back = x - 9 if line.from_left else x + 9
    tip = f'<path class="tip" d="M{_xy((back, y - 5))}L{_xy((x, y))}L{_xy((back, y + 5))}Z"/>' if kind == "clear" else ""
    return f'<g><title>{escape(title)}</title><path class="{kind}{thick}" d="{way}"/>{tip}</g>'


def _tags(laid: Layout) -> Iterator[str]:
    """What is clinical in clear, named on its line where there is room; the box that sends it names it in any case."""
    taken = [(place.x - 2, place.y - 14, BOX_WIDTH + 16, place.height + 16) for place in laid.places]
    taken += [(frame.x, frame.y, BOX_WIDTH, 24) for frame in laid.frames]
    for line in sorted((line for line in laid.lines if line.edge.clear), key=lambda line: -line.edge.readable):
        text = f"{', '.join(NAMES.get(name, name) for name in line.edge.clear)} {line.edge.readable:,}"
        wide = round(width(text, _SMALL, bold=True)) + 10
        spots = (line.at(share) for share in _STANDS)
        rects = ((round(x - wide / 2), round(y - _TAG_HEIGHT / 2), wide, _TAG_HEIGHT) for x, y in spots)
        free = next((rect for rect in rects if _inside(rect, laid.height) and not _meets(rect, taken)), None)
        if free:
            taken.append(free)
            x, y, _, high = free
            yield (
                f'<g><rect class="tag" x="{x}" y="{y}" width="{wide}" height="{high}" rx="8"/>'
                f'<text class="open" text-anchor="middle" x="{x + wide / 2:g}" y="{y + 12}">{escape(text)}</text></g>'
            )


def _inside(rect: Rect, height: int) -> bool:
    x, y, wide, high = rect
    return x >= 8 and y >= 8 and x + wide <= WIDTH - 8 and y + high <= height - 8


def _meets(rect: Rect, others: Sequence[Rect]) -> bool:
    x, y, wide, high = rect
    return any(x < ox + ow and ox < x + wide and y < oy + oh and oy < y + high for ox, oy, ow, oh in others)


def _xy(point: tuple[float, float]) -> str:
    return f"{point[0]:g} {point[1]:g}"
