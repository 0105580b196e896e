"""The receiver operating characteristic: what part of the bad and what part of the good is told of, at every threshold of a score."""

from __future__ import annotations

from collections.abc import Sequence


def rate(values: Sequence[float], threshold: float) -> float:
    """The part that has at least so much."""
    return sum(value >= threshold for value in values) / len(values) if values else 0.0


def area(bad: Sequence[float], good: Sequence[float]) -> float | None:
    """The area under the curve: how often one that is bad scores higher than one that is good, ties half (Hanley and McNeil, The meaning
    and use of the area under a ROC curve, Radiology 1982). Nothing where there are none of a sort."""
    if not bad or not good:
        return None
    ordered = sorted([*((value, True) for value in bad), *((value, False) for value in good)])
    ranks, at = 0.0, 0
    while at < len(ordered):
        to = at
        while to < len(ordered) and ordered[to][0] == ordered[at][0]:
            to += 1
        ranks += sum(is_bad for _, is_bad in ordered[at:to]) * (at + to + 1) / 2
        at = to
    return (ranks - len(bad) * (len(bad) + 1) / 2) / (len(bad) * len(good))


def curve(bad: Sequence[float], good: Sequence[float]) -> list[tuple[float, float]]:
    """Points (part of the good, part of the bad) from nothing told of to all, without those on a straight way up or across."""
    points = [(0.0, 0.0), *((rate(good, at), rate(bad, at)) for at in sorted({*bad, *good}, reverse=True))]
    between = zip(points, points[1:], points[2:], strict=False)
    return [points[0], *(b for a, b, c in between if not (a[0] == b[0] == c[0] or a[1] == b[1] == c[1])), *points[-1:]]
