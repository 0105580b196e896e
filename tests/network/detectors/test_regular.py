"""The measures of clockwork, by hand and by their bounds."""

from __future__ import annotations

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.network.detectors.regular import evenness, quartiles, rita, score, steadiness, symmetry

HOUR, DAY = 3_600, 86_400
numbers = st.lists(st.floats(0, 1e6), min_size=8, max_size=60)


def test_quartiles_by_hand() -> None:
    assert quartiles([1, 2, 3, 4, 5, 6, 7]) == (2, 4, 6)
    assert quartiles([1, 2, 3, 4]) == (1.5, 2.5, 3.5)


def test_measures_by_hand() -> None:
    assert symmetry([0, 10, 20, 30, 40, 50, 60]) == 1
    assert symmetry([0, 10, 11, 12, 40, 90, 91]) == pytest.approx(1 - (10 + 90 - 24) / 80)
    assert symmetry([7, 7, 7, 8]) == 1
    assert steadiness([90, 100, 110, 130], 0) == pytest.approx(1 - 10 / 105)
    assert (steadiness([0, 0, 0], 1), steadiness([0, 0, 0], 0)) == (1, 0)
    assert evenness([4, 4, 4]) == 1
    assert evenness([1, 3]) == 0.5
    assert evenness([0, 0]) == 0


@pytest.mark.parametrize("seconds", [60, 300, 3_600])
def test_a_clock_is_a_clock(seconds: int) -> None:
    starts = [float(n * seconds) for n in range(24 * HOUR // seconds)]
    assert score(starts, [900.0] * len(starts)) > 0.95
    assert rita(starts, [900.0] * len(starts), 0, DAY) == pytest.approx(1, abs=0.01)


def test_five_hours_are_too_few_for_a_histogram_of_the_day() -> None:
    starts = [float(n * 300) for n in range(60)]
    assert score(starts, [900.0] * 60) > 0.95
    assert rita(starts, [900.0] * 60, 0, DAY) == 0.5


def test_who_calls_by_chance_is_none() -> None:
    def one(seed: int) -> float:
        dice = random.Random(seed)
        return score([dice.uniform(0, 10 * HOUR) for _ in range(40)], [900 + dice.uniform(0, 60) for _ in range(40)])

    scores = sorted(one(seed) for seed in range(300))
    assert median(scores) < 0.7
    assert scores[-3] < 0.8


@given(numbers, numbers)
def test_scores_are_between_nothing_and_one(starts: list[float], sizes: list[float]) -> None:
    assert 0 <= score(starts, sizes) <= 1
    assert 0 <= rita(starts, sizes, 0, 1e6) <= 1
