"""ROC curves as a picture and as tables of a page, from what `bench/roc.py --json` wrote.

The picture tells its lines apart by how they are drawn, and its grey is as plain on white (4.5:1) as on black (4.6:1; WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

GREY, SIDE, GAP, LEFT, TOP = "#767676", 128, 26, 34, 58
LINES = {
    "asepsis": "stroke-width='2.5'",
    "measure alone": "stroke-width='1'",
    "bytes a day": "stroke-width='1'",
    "RITA beacon score": "stroke-width='1.5' stroke-dasharray='6 3'",
    "RITA long connections": "stroke-width='1.5' stroke-dasharray='6 3'",
    "RITA threat score": "stroke-width='1.5' stroke-dasharray='1.5 2.5'",
}
MARKED = {"beaconing": ("RITA beacon score: low", "RITA beacon score: medium"), "volume": ("RITA long connections: base",)}
TITLES = {"beaconing": "beacons", "volume": "data that leave"}


def picture(told: Mapping[str, Any]) -> str:
    """A row of curves for each detector, a curve for all machines and for each class."""
    across = max(len(of["classes"]) for of in told.values())
    width, height = LEFT + across * (SIDE + GAP), TOP + len(told) * (SIDE + 62)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' font-family='sans-serif' font-size='11' fill='{GREY}'>"
    ]
    parts.append("<title>What part of the bad and of the harmless is told of, at every threshold</title>")
    parts += _legend()
    for row, (detector, of) in enumerate(told.items()):
        for column, (sort, one) in enumerate(of["classes"].items()):
            name = f"{TITLES[detector]}, all" if sort == "all" else sort
            at = f"translate({LEFT + column * (SIDE + GAP)} {TOP + row * (SIDE + 62)})"
            parts.append(f"<g transform='{at}'>{_panel(detector, name, one)}</g>")
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> Iterable[str]:
    words = ("asepsis", "measure, or bytes a day, alone", "RITA beacon score, or long connections", "RITA threat score")
    styles = (LINES["asepsis"], LINES["measure alone"], LINES["RITA beacon score"], LINES["RITA threat score"])
    x = LEFT
    for word, style in zip(words, styles, strict=True):
        yield f"<path d='M{x} 12h26' fill='none' stroke='{GREY}' {style}/><text x='{x + 32}' y='16'>{word}</text>"
        x += 56 + 6 * len(word)
    marks = "as asepsis is set; RITA's thresholds 0.7 and 0.9, or one hour"
    yield f"<circle cx='{LEFT + 5}' cy='30' r='4'/>{_square(LEFT + 17, 30)}<text x='{LEFT + 32}' y='34'>{marks}</text>"


def _square(x: float, y: float) -> str:
    return f"<rect x='{x - 3.5:.1f}' y='{y - 3.5:.1f}' width='7' height='7' fill='none' stroke='{GREY}'/>"


def _panel(detector: str, name: str, one: Mapping[str, Any]) -> str:
    parts = [f"<text y='-6'>{name}</text><rect width='{SIDE}' height='{SIDE}' fill='none' stroke='{GREY}' stroke-width='0.5'/>"]
    if not one["bad"] or not one["own"] + one["newcomers"]:
        return "".join([*parts, f"<text x='{SIDE / 2}' y='{SIDE / 2}' text-anchor='middle'>nothing harmless</text>"])
    parts += [
        f"<text x='{x}' y='{SIDE + 13}' text-anchor='{end}'>{word}</text>" for x, end, word in ((0, "start", "0"), (SIDE, "end", "1"))
    ]
    parts.append(f"<text x='{SIDE / 2}' y='{SIDE + 13}' text-anchor='middle'>harmless</text>")
    parts.append(f"<text transform='translate(-5 {SIDE / 2}) rotate(-90)' text-anchor='middle'>bad</text>")
    for score, points in one["curves"].items():
        way = " ".join(f"{x * SIDE:.1f},{(1 - y) * SIDE:.1f}" for x, y in _thin(points))
        parts.append(f"<polyline points='{way}' fill='none' stroke='{GREY}' {LINES[score]}/>")
    for mark in MARKED[detector]:
        point = one["points"][mark]
        parts.append(_square(point["false"] * SIDE, (1 - point["true"]) * SIDE))
    ours = one["points"]["asepsis: told of"]
    parts.append(f"<circle cx='{ours['false'] * SIDE:.1f}' cy='{(1 - ours['true']) * SIDE:.1f}' r='4'/>")
    return "".join(parts)


def _thin(points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Without points that are too near to the one before to be seen."""
    kept = [points[0]]
    for point in points[1:-1]:
        if max(abs(point[0] - kept[-1][0]), abs(point[1] - kept[-1][1])) >= 1 / SIDE:
            kept.append(point)
    return [*kept, points[-1]]


AREAS = {
    "beaconing": ("asepsis", "measure alone", "RITA beacon score", "RITA threat score"),
    "volume": ("asepsis", "bytes a day", "RITA long connections"),
}
SHOWN = {
    "beaconing": {
        "asepsis": "asepsis: told of",
        "RITA 0.7": "RITA beacon score: low",
        "RITA 0.9": "RITA beacon score: medium",
        "RITA threat high": "RITA threat score: high",
    },
    "volume": {"asepsis": "asepsis: told of", "500 MB a day": "bytes a day: 500 MB", "RITA one hour": "RITA long connections: base"},
}
Rows = list[Sequence[str]]


def areas(detector: str, told: Mapping[str, Any]) -> Rows:
    """Heads and rows: the area of every score by class, against the range's own rows, and against these and newcomers."""
    rows: Rows = [("machines", "bad", "own", "newcomers", *AREAS[detector])]
    for sort, one in told[detector]["classes"].items():
        sizes = (f"{_area(one['own areas'][name])} / {_area(one['areas'][name])}" for name in AREAS[detector])
        rows.append((sort, f"{one['bad']:,}", f"{one['own']:,}", f"{one['newcomers']:,}", *sizes))
    return rows


def _area(size: float | None) -> str:
    return "-" if size is None else f"{size:.2f}"


def points(detector: str, told: Mapping[str, Any]) -> Rows:
    """Heads and rows: what is told of at the thresholds by class, of the bad and of what is harmless."""
    rows: Rows = [("machines", *SHOWN[detector])]
    for sort, one in told[detector]["classes"].items():
        at = (one["points"][point] for point in SHOWN[detector].values())
        rows.append((sort, *(f"{point['true']:.0%}, {point['own']} own, {point['false']:.1%} of all" for point in at)))
    return rows


def parameters(detector: str, told: Mapping[str, Any]) -> Rows:
    """Heads and rows: what is told of by the parameters of what was planted."""
    rows: Rows = [("", "planted", *SHOWN[detector])]
    for key, of in told[detector]["parameters"].items():
        for value, counts in of.items():
            rows.append((f"{key} {value}", str(counts["units"]), *(str(counts[point]) for point in SHOWN[detector].values())))
    return rows


def newcomers(told: Mapping[str, Any]) -> Rows:
    """Heads and rows: which harmless newcomers are told of, by both detectors."""
    heads = [f"{name} ({TITLES[detector]})" for detector, shown in SHOWN.items() for name in shown]
    rows: Rows = [("newcomer", "planted", *heads)]
    for label, counts in told["beaconing"]["newcomers"].items():
        of = [told[detector]["newcomers"][label][point] for detector, shown in SHOWN.items() for point in shown.values()]
        rows.append((label, str(counts["units"]), *map(str, of)))
    return rows
