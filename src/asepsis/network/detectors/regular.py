"""How much a series of calls is like clockwork.

The measures are those that RITA describes (Active Countermeasures, github.com/activecm/rita, analysis of beacons), from the statistics
that they are: Bowley's quartile skewness (Bowley, Elements of Statistics, 1901), the median absolute deviation about the median (Hampel,
1974), and the coefficient of variation of a histogram. Each is 1 for a clock and falls to 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median, pstdev

DAY_BARS = 24
RITA_LEAST_CALLS = 4
RITA_SCORES = {"base": 0.5, "low": 0.7, "medium": 0.9, "high": 1.0}
"""RITA's thresholds as it is installed (default_config.hjson, version 5; config/config.go, for who has no such file, has 0.75 for low)."""
_RITA_HOURS, _RITA_IDEAL_HOURS, _RITA_SENSITIVITY, _RITA_OUTLIERS, _RITA_BIMODAL_HOURS = 6, 12, 0.05, 1, 11
_BAR_CALLS = 4
_LEAST_SPREAD = 10
"""Quartiles that are nearer to each other, in seconds or bytes, have no skew worth the name."""


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The medians of the lower half, of all, and of the upper half; of an odd number the middle is in neither half (Tukey's hinges without
    it, as Moore and McCabe teach it)."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return median(ordered[:half]), median(ordered), median(ordered[-half:])


def symmetry(values: Sequence[float]) -> float:
    """1 - |(Q1 + Q3 - 2 Q2) / (Q3 - Q1)|: what is meant to be the same is late as often as early."""
    low, middle, high = quartiles(values)
    if high - low < _LEAST_SPREAD or middle in (low, high):
        return 1.0
    return 1 - abs((low + high - 2 * middle) / (high - low))


def steadiness(values: Sequence[float], of_nothing: float) -> float:
    """1 - MAD / median; `of_nothing` where the median is below one."""
    middle = median(values)
    if middle < 1:
        return of_nothing
    return max(0.0, 1 - median(abs(value - middle) for value in values) / middle)


def evenness(counts: Sequence[int]) -> float:
    """1 - standard deviation / mean of the bars of a histogram."""
    return max(0.0, 1 - pstdev(counts) / fmean(counts)) if any(counts) else 0.0


def intervals(starts: Sequence[float]) -> list[float]:
    """Seconds between calls, without those that came together."""
    ordered = sorted(starts)
    return [later - earlier for earlier, later in pairwise(ordered) if later > earlier]


def bars(starts: Sequence[float], begin: float, end: float, count: int) -> list[int]:
    """A histogram of so many bars between two moments."""
    found = [0] * count
    for start in starts:
        found[min(int((start - begin) / (end - begin) * count), count - 1)] += 1
    return found


def score(starts: Sequence[float], sizes: Sequence[float], counts: Sequence[int] = ()) -> float:
    """How regular calls are: the mean of three, intervals, sizes (each by symmetry and steadiness), and evenness over the time that they
    last. RITA's histogram has a bar for each hour of the day looked at and so sees a beacon only after most of a day; here the bars are
    between the first call and the last, of four calls in the mean and no more than 24; or they are `counts`, where not every call is
    among `starts`. 0 for fewer than eight calls."""
    gaps = intervals(starts)
    if len(gaps) < 2 * _BAR_CALLS - 1:
        return 0.0
    spread = counts or bars(starts, min(starts), max(starts), min(DAY_BARS, len(starts) // _BAR_CALLS))
    return fmean((_alike(gaps, 1.0), _alike(sizes, 0.0), evenness(spread)))


def rita(starts: Sequence[float], sizes: Sequence[float], begin: float, end: float) -> float:
    """The score that RITA gives the same calls in a data set from `begin` to `end`, for comparison: a quarter each for intervals, sizes,
    histogram and duration; of whole seconds, rounded to thousandths."""
    starts = sorted(map(int, starts))
    gaps = intervals(starts)
    if len(starts) < RITA_LEAST_CALLS or len(gaps) < 3 or end <= begin:
        return 0.0
    histogram = bars(starts, begin, end, DAY_BARS)
    filled = sum(map(bool, histogram))
    coverage = math.ceil((starts[-1] - starts[0]) / (end - begin) * 1_000) / 1_000
    consistency = math.ceil(_longest(histogram) / _RITA_IDEAL_HOURS * 1_000) / 1_000
    lasts = min(1.0, max(coverage, consistency)) if filled >= _RITA_HOURS else 0.0
    parts = (round(_alike(gaps, 1.0), 3), round(_alike(sizes, 0.0), 3), max(round(evenness(histogram), 3), _bimodal(histogram)), lasts)
    return round(fmean(parts), 3)


def _alike(values: Sequence[float], of_nothing: float) -> float:
    return (symmetry(values) + steadiness(values, of_nothing)) / 2


def _longest(histogram: Sequence[int]) -> int:
    """Most bars in a row that are not empty, the last followed by the first."""
    longest = run = 0
    for count in (*histogram, *histogram):
        run = run + 1 if count else 0
        longest = max(longest, run)
    return min(longest, len(histogram))


def _bimodal(histogram: Sequence[int]) -> float:
    """The part of the bars that has one of two heights: of those that call much at times and little at others."""
    filled = [count for count in histogram if count]
    if len(filled) < _RITA_BIMODAL_HOURS:
        return 0.0
    step = math.ceil(max(filled) * _RITA_SENSITIVITY)
    heights = Counter(count // step for count in filled)
    return min(1.0, round(sum(count for _, count in heights.most_common(2)) / max(len(filled) - _RITA_OUTLIERS, 1), 3))
