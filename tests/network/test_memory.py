from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from asepsis.network.memory import NOT_YET, TEACHING, Kept, Known, Spoken, learn, taught

T0 = datetime(2026, 3, 2, tzinfo=UTC)


def said(word: str, day: float) -> Spoken:
    at = T0 + timedelta(days=day)
    return Spoken((word, 104), at, at)


def test_what_is_heard_while_it_learns_is_usual() -> None:
    memory = Kept()
    assert learn(memory, [said("ct", 0)], 28, NOT_YET) == [False]
    assert learn(memory, [said("ct", 9), said("new", 9)], 28, T0 + timedelta(days=7)) == [False, True]


def test_what_is_told_of_stays_new() -> None:
    memory = Kept()
    assert learn(memory, [said("new", 9)], 28, T0) == [True]
    assert learn(memory, [said("new", 10)], 28, T0) == [True]


def test_what_was_not_seen_for_long_is_new_again() -> None:
    memory = Kept()
    learn(memory, [said("ct", 0), said("mr", 0)], 28, T0 + timedelta(days=7))
    assert learn(memory, [said("ct", 28), said("mr", 29)], 28, T0 + timedelta(days=7)) == [False, True]


def test_nothing_is_told_of_before_enough_was_heard_however_long_nothing_was() -> None:
    memory = Kept()
    learn(memory, [said("ct", 0)], 28, NOT_YET)
    assert learn(memory, [said("ct", 400)], 28, NOT_YET) == [False]


def test_first_and_last_are_those_of_the_rows() -> None:
    memory = Kept()
    learn(memory, [said("ct", 3)], 28, NOT_YET)
    learn(memory, [said("ct", 1), said("ct", 5)], 28, NOT_YET)
    (known,) = memory.load().values()
    assert known == Known({"told": False}, T0 + timedelta(days=1), T0 + timedelta(days=5))


def test_what_is_usual_is_written_once_an_hour() -> None:
    written: list[set[str]] = []

    class Watched(Kept):
        def save(self, known: Mapping[str, Known]) -> None:
            written.append(set(known))
            super().save(known)

    memory = Watched()
    for minutes in (5, 15, 25, 70):
        learn(memory, [said("ct", minutes / 1440)], 28, NOT_YET)
    assert list(map(len, written)) == [1, 0, 0, 1]


def test_hours_in_which_nothing_was_heard_teach_nothing() -> None:
    hours, since = taught([], [0, 500_000])
    assert (hours, since) == ([0, 500_000], NOT_YET)


@given(st.sets(st.integers(0, 600_000), max_size=TEACHING + 40), st.data())
def test_looks_that_follow_each_other_learn_as_long_as_one(hours: set[int], data: st.DataObject) -> None:
    ordered = sorted(hours)
    cut = data.draw(st.integers(0, len(ordered)))
    assert taught(taught([], ordered[:cut])[0], ordered[cut:]) == taught([], ordered)
    assert (taught([], ordered)[1] == NOT_YET) == (len(ordered) < TEACHING)
