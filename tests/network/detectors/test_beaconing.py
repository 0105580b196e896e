"""Beacons, scored by the hour: the same however looks are cut."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.network.detectors import beaconing

from .looks import BEGIN, LONG_AGO, Kept, Row, Rows, at, scores, sightings, taught
from .rows import HOUR, call, end

DETECTOR = (beaconing.run, beaconing.SETTINGS)


def beacon(count: int = 60, seconds: float = 300, jitter: float = 0.0, seed: int = 1, **more: Any) -> list[Row]:
    dice = random.Random(seed)
    begins = [n * seconds + dice.uniform(-jitter, jitter) * seconds for n in range(1, count + 1)]
    return [call(begin, orig_bytes=round(900 * (1 + jitter * dice.random())), **more) for begin in begins]


def test_a_clock_is_told_of_once_and_goes_on() -> None:
    found = sightings(DETECTOR, Rows([*beacon(), end(9)]))
    assert [one.attacker for one in found] == ["10.1.0.9"] * len(found)
    assert sum(one.events for one in found) == 60
    assert (found[0].value or 0) > 0.95
    assert found[0].begin == at(300)


def test_more_calls_in_an_hour_than_are_kept_are_no_bursts() -> None:
    (first, *_) = sightings(DETECTOR, Rows([*beacon(720, 30, 0.4), end(9)]))
    assert (first.value or 0) > 0.9


def test_it_is_known_after_three_hours() -> None:
    (first, *_) = sightings(DETECTOR, Rows([*beacon(48), end(4.2)]))
    assert first.end < at(4 * HOUR)


def test_what_was_learned_is_no_alert() -> None:
    rows = Rows([*beacon(), end(9)])
    assert not sightings(DETECTOR, rows, began=BEGIN - timedelta(days=6))
    assert sightings(DETECTOR, rows, began=BEGIN - timedelta(days=8))


def test_devices_of_a_kind_call_their_maker() -> None:
    pumps = [
        {"id": f"p{n}", "name": f"Pump {n}", "kind": "infusion pump", "clinical_class": "life", "addresses": [f"10.1.0.{n}"]}
        for n in (9, 10)
    ]
    taught = call(60, id_orig_h="10.1.0.10")
    day = [row | {"ts": row["ts"] + timedelta(days=8), "after": row["after"] + 8 * 86_400} for row in [*beacon(), end(9)]]
    assert not sightings(DETECTOR, Rows([taught, *day]), began=BEGIN, assets=pumps)
    assert sightings(DETECTOR, Rows([taught, *day]), began=BEGIN)


@pytest.mark.parametrize(("others", "told"), [(0, True), (2, False)])
def test_a_place_that_several_call_is_no_master(others: int, told: bool) -> None:
    rows = [row for n in range(others + 1) for row in beacon(id_orig_h=f"10.1.0.{9 + n}")]
    assert bool(sightings(DETECTOR, Rows([*rows, end(9)]))) is told


def test_two_in_a_hundred_may() -> None:
    many = [call(n, id_orig_h=f"10.1.1.{n}", id_resp_h="10.1.0.5", uid=f"m{n}") for n in range(1, 150)]
    rows = [row for n in range(2) for row in beacon(id_orig_h=f"10.1.0.{9 + n}")]
    assert {one.attacker for one in sightings(DETECTOR, Rows([*many, *rows, end(9)]))} == {"10.1.0.9", "10.1.0.10"}


def test_a_name_comes_before_the_bytes() -> None:
    """The name of a server is seen at the beginning of a connection and joined to it at its end, in another look."""
    calls = [call(n * 300, length=100, uid=f"u{n}", id_resp_h=f"198.51.100.{66 + n % 3}") for n in range(1, 61)]
    names = [row | {"stream": "ssl", "server_name": "cdn.example", "after": row["after"] - 105} for row in calls]
    names = [
        {key: value for key, value in row.items() if key not in ("duration", "orig_bytes", "resp_bytes", "interim", "proto")}
        for row in names
    ]
    rows = Rows([*calls, *names, end(9)])
    cut = sightings(DETECTOR, rows, [n * 150 for n in range(170)])
    assert cut == sightings(DETECTOR, rows)
    assert {one.group for one in cut} == {'[["service","cdn.example"],["port",443]]'}


def test_wrong_clocks_break_nothing() -> None:
    wrong = [call(0, ts=at(0).replace(year=year), uid=f"w{year}") for year in (1970, 2099, 9000)]
    assert sightings(DETECTOR, Rows([*beacon(), end(9), *wrong]))
    assert sightings(DETECTOR, Rows([*wrong, *beacon(), end(9)]), [10])


def test_a_row_that_comes_hours_late_is_counted() -> None:
    *calls, last = beacon()
    found = sightings(DETECTOR, Rows([*calls, last | {"after": 10 * HOUR}, end(9)]), [9.5 * HOUR])
    assert sum(one.events for one in found) >= 60


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0, 30 * HOUR), max_size=12),
    st.integers(0, 99),
    st.floats(0, 0.4),
    st.lists(st.tuples(st.floats(0, 28 * HOUR), st.floats(0, 3 * HOUR), st.integers(1, 3)), max_size=20),
)
def test_looks_do_not_matter(cuts: list[float], seed: int, jitter: float, others: list[tuple[float, float, int]]) -> None:
    noise = [call(begin, length, id_resp_h=f"198.51.100.{host}", uid=f"n{n}") for n, (begin, length, host) in enumerate(others)]
    rows = Rows([*beacon(120, 600, jitter, seed), *noise, end(30)])
    one, many = Kept(), Kept()
    assert sightings(DETECTOR, rows, cuts, memory=many) == sightings(DETECTOR, rows, memory=one)
    assert taught(many) == taught(one)


def test_the_memory_of_a_pair_is_bounded() -> None:
    memory = Kept()
    sightings(DETECTOR, Rows([call(n * 20.0, length=0.5) for n in range(1, 30 * 180)]), memory=memory, began=LONG_AGO)
    (pair,) = (one.value for name, one in memory.load().items() if name.startswith('["pair"'))
    assert len(pair["hours"]) == beaconing.WINDOW + 2
    assert all(len(told) <= beaconing.IN_ONE_HOUR and count == 180 for count, told, _ in list(pair["hours"].values())[1:-1])


@pytest.mark.parametrize("jitter", [0.0, 0.2, 0.4, 0.8])
def test_who_is_told_of_has_what_it_takes(jitter: float) -> None:
    rows = Rows([*beacon(120, jitter=jitter), *beacon(30, jitter=jitter, id_orig_h="10.1.0.10", id_resp_h="198.51.100.67"), end(12)])
    told = sightings(DETECTOR, rows)
    measured = scores(beaconing.scores, rows, beaconing.SETTINGS)
    assert {one.source for one in measured} == {"10.1.0.9"}, "two hours and a half are too few"
    assert {one.hour for one in measured if one.value >= 1} == {int(one.end.timestamp()) // HOUR for one in told}
