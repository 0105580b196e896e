"""When what waits is sent, and when a flood becomes one."""

from __future__ import annotations

from datetime import timedelta

from asepsis.notices.outbox import LONGEST, SINGLES, Lately, Step, Waiting, patience, step

QUIET = Lately(0, False)


def _waiting(count: int, tries: int = 0) -> list[Waiting]:
    return [Waiting(n, tries, 1) for n in range(1, count + 1)]


def test_few_are_told_one_by_one() -> None:
    assert step(_waiting(3), QUIET) == Step((), (1, 2, 3))
    assert step(_waiting(SINGLES), QUIET).send == tuple(range(1, SINGLES + 1))
    assert step([], QUIET) == Step((), ())


def test_many_become_one() -> None:
    assert step(_waiting(SINGLES + 1), QUIET) == Step(tuple(range(1, SINGLES + 2)), ())
    assert step([Waiting(99, 0, 10_000)], QUIET) == Step((), (99,))


def test_after_a_summary_what_is_more_waits_and_few_do_not() -> None:
    assert step(_waiting(SINGLES + 1), Lately(1, True)) == Step((), ())
    assert step([Waiting(99, 0, 60)], Lately(1, True)) == Step((), ())
    assert step(_waiting(2), Lately(1, True)) == Step((), (1, 2))


def test_a_steady_stream_is_bounded() -> None:
    assert step(_waiting(1), Lately(SINGLES, False)).send == (1,), "as a summary would be told: one more"
    assert step(_waiting(1), Lately(SINGLES + 1, False)) == Step((), ())


def test_what_was_tried_comes_after_what_is_new_and_is_never_merged() -> None:
    tried = [Waiting(1, 2, 1), Waiting(2, 1, 500)]
    assert step([*tried, Waiting(3, 0, 1)], QUIET) == Step((), (3, 2, 1))
    assert step([*tried, *(Waiting(n, 0, 1) for n in range(10, 40))], QUIET).merge == tuple(range(10, 40))


def test_a_channel_that_fails_is_tried_less_and_less_often() -> None:
    waits = [patience(tries) for tries in range(1, 40)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
