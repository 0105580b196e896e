"""What an attacker taught is forgotten, and what was usual before stays so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.kit.site import Site
from asepsis.network import service
from asepsis.network.detector import Unlearn
from asepsis.network.detectors import beaconing, silence, unlike, volume
from asepsis.network.forgetting import forget, still_heard
from asepsis.network.memory import Known, Spoken, Time, learn, unlearn

from .detectors.looks import BEGIN, WEEK, Kept, Row, Rows, at, sightings
from .detectors.rows import HOUR, call, end
from .detectors.test_beaconing import beacon
from .detectors.test_silence import SERVERS, message, monitors, others
from .detectors.test_unlike import PUMPS, ZONES, use
from .detectors.test_volume import MB, pieces
from .making import calls, look, put

DAY = 24 * HOUR
LEARNING = BEGIN - timedelta(days=5)
"""When a site began that still learns on the first two days."""
BEFORE, POISONED, AFTER = Time(at(-DAY), at(0)), Time(at(DAY), at(2 * DAY)), Time(at(2 * DAY), at(9 * DAY))


def later(rows: Sequence[Row], days: int) -> list[Row]:
    moved = timedelta(days=days)
    return [{**row, "ts": row["ts"] + moved, "after": row["after"] + days * DAY, "uid": f"{row.get('uid')}+{days}"} for row in rows]


CASES: dict[str, tuple[Any, Unlearn, list[Row], dict[str, Any]]] = {
    "beaconing": ((beaconing.run, beaconing.SETTINGS), beaconing.unlearn, beacon(), {}),
    "volume": ((volume.run, volume.SETTINGS), volume.unlearn, pieces(26, 20 * MB, 10), {}),
    "unlike": ((unlike.run, unlike.SETTINGS), unlike.unlearn, [use(60)], {"assets": PUMPS, "site_toml": ZONES, "patients": 1}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("forgotten", "told"), [(BEFORE, False), (POISONED, True), (AFTER, False)])
def test_what_was_done_while_the_site_learned_is_told_of_when_that_is_forgotten(name: str, forgotten: Time, told: bool) -> None:
    detector, by, attack, more = CASES[name]
    memory = Kept()
    first = Rows([*later(attack, 1), *later([end(9)], 1)])
    assert not sightings(detector, first, began=LEARNING, memory=memory, **more)
    assert forget(memory, by, forgotten) == 0 or told
    again = Rows([*later(attack, 8), *later([end(9)], 8)])
    assert bool(sightings(detector, again, began=LEARNING, memory=memory, **more)) is told


@pytest.mark.parametrize("name", CASES)
def test_who_was_first_before_stays_usual(name: str) -> None:
    detector, by, usual, more = CASES[name]
    memory = Kept()
    sightings(detector, Rows([*usual, *later(usual, 1), *later([end(9)], 1)]), began=LEARNING, memory=memory, **more)
    forget(memory, by, POISONED)
    assert not sightings(detector, Rows([*later(usual, 8), *later([end(9)], 8)]), began=LEARNING, memory=memory, **more)


@pytest.mark.parametrize("name", CASES)
def test_of_a_time_that_was_all_nothing_is_left(name: str) -> None:
    detector, by, usual, more = CASES[name]
    memory = Kept()
    sightings(detector, Rows([*usual, end(9)]), began=LEARNING, memory=memory, **more)
    kept = ('["pair"', '["place"', '["source"', '["kind"')
    assert any(key.startswith(kept) for key in memory.load())
    forget(memory, by, Time(at(-DAY), at(9 * DAY)))
    assert not any(key.startswith(kept) for key in memory.load())


def test_a_place_that_others_called_first_keeps_them_alone() -> None:
    memory = Kept()
    both = [call(60), *later([call(60, id_orig_h="10.1.0.10")], 1), *later([end(9)], 1)]
    sightings(CASES["volume"][0], Rows(both), began=LEARNING, memory=memory)
    forget(memory, volume.unlearn, POISONED)
    places = {name: known.value for name, known in memory.load().items() if name.startswith('["place"')}
    assert [list(callers) for callers in places.values()] == [["10.1.0.9"]]


@pytest.mark.parametrize("name", ["beaconing", "volume"])
def test_an_hour_that_waits_is_judged_though_its_place_is_forgotten(name: str) -> None:
    """Another machine called the place first, in the time; nothing comes after that would teach the place again."""
    detector, by, attack, more = CASES[name]
    memory = Kept()
    mine = [{**row, "id_orig_h": "10.1.0.10"} for row in attack]
    sightings(detector, Rows([call(-3 * HOUR), *mine]), memory=memory, **more)
    forget(memory, by, Time(at(-4 * HOUR), at(-1)))
    assert "10.1.0.10" in {one.attacker for one in sightings(detector, Rows([end(9)]), memory=memory, **more)}


@pytest.mark.parametrize("name", ["beaconing", "volume"])
def test_what_was_told_of_is_not_usual_because_rules_learn_again(name: str) -> None:
    detector, _, attack, more = CASES[name]
    memory, learned_again = Kept(), BEGIN + timedelta(hours=4)
    assert sightings(detector, Rows([*attack, end(9)]), memory=memory, **more)
    again = Rows([*later(attack, 1), *later([end(9)], 1)])
    assert sightings(detector, again, memory=memory, began=learned_again - WEEK, **more)


@pytest.mark.parametrize("name", CASES)
def test_what_was_known_before_is_not_kept_by_the_time(name: str) -> None:
    detector, by, usual, more = CASES[name]
    before, both = Kept(), Kept()
    last = Rows(later([end(9)], 1))
    sightings(detector, Rows([*usual, *last.given]), memory=before, **more)
    sightings(detector, Rows([*usual, *later(usual, 1), *last.given]), memory=both, **more)
    forget(both, by, POISONED)
    kept = {key: one for key, one in both.load().items() if key.startswith(('["place"', '["kind"'))}
    assert kept
    assert all(one.last <= POISONED.since for one in kept.values())
    assert {key: one.value for key, one in kept.items()} == {key: before.load()[key].value for key in kept}


def _silent_after(poison: bool, forgotten: Time | None) -> datetime:
    """When a feed that ended after thirty hours is told of, if for some hours it came every twenty minutes only."""
    slow = [message(4 * HOUR + n * 1_200.0) for n in range(12)]
    usual = [row for row in monitors(30) if not (poison and at(4 * HOUR) <= row["ts"] < at(8 * HOUR))]
    rows = [*usual, *(slow if poison else ()), *others(33)]
    memory, cut = Kept(), 29.5 * HOUR
    detector = (silence.run, silence.SETTINGS)
    sightings(detector, Rows([row for row in rows if row["after"] < cut]), assets=SERVERS, memory=memory)
    if forgotten:
        forget(memory, silence.unlearn, forgotten)
    found = sightings(detector, Rows([row for row in rows if row["after"] >= cut]), assets=SERVERS, memory=memory)
    return min(one.end for one in found if one.attacker == "10.1.0.5" and "silent" in one.group)


def test_gaps_that_were_taught_are_forgotten() -> None:
    told = _silent_after(False, None)
    assert _silent_after(True, None) > told
    assert _silent_after(True, Time(at(4 * HOUR), at(8 * HOUR))) == told


def test_a_rule_forgets_what_was_new_and_that_it_was_seen_again() -> None:
    memory = Kept()
    old, new = Spoken(("a", "b"), at(0), at(60)), Spoken(("a", "c"), at(DAY), at(DAY))
    learn(memory, [old, new, Spoken(("a", "b"), at(1.5 * DAY), at(1.5 * DAY))], 28, at(9 * DAY))
    assert forget(memory, unlearn, POISONED) == 2
    assert {key: one.last for key, one in memory.load().items()} == {old.key: at(DAY)}
    again = [Spoken(one.values, at(10 * DAY), at(10 * DAY)) for one in (old, new)]
    assert learn(memory, again, 28, at(9 * DAY)) == [False, True]


def test_the_last_hour_of_what_was_new_after_the_time_stays() -> None:
    known = Known({"told": False}, at(10.75 * HOUR), at(10 * HOUR))
    assert unlearn("", known, Time(at(-60 * DAY), at(10.5 * HOUR))) == known


@given(st.integers(0, 90), st.integers(1, 40), st.integers(0, 90), st.integers(0, 40))
def test_a_time_in_which_nothing_was_seen_taught_nothing(since: int, hours: int, first: int, lasts: int) -> None:
    time = Time(at(since * HOUR), at((since + hours) * HOUR))
    known = Known({"told": False}, at(first * HOUR), at((first + lasts) * HOUR))
    left = unlearn("", known, time)
    if first >= since + hours or first + lasts < since:
        assert left == known
    if left is not None:
        assert left.first not in time
        assert left.last <= known.last


def test_hours_of_learning_that_are_forgotten_are_heard_again(store: Site) -> None:
    hour = int(BEGIN.timestamp() // 3600)
    hours = [hour, hour + 1, hour + 30]
    assert still_heard(hours, Time(at(1.5 * HOUR), at(DAY))) == [hour, hour + 30]
    put(store, {"conn": [{"ts": "08:00", "id_orig_h": "10.0.0.9", "id_resp_h": "10.0.0.2"}], "dce_rpc": calls("10.0.0.9", "10.0.0.2", 0)})
    look(store)
    assert service.baseline(store)["hours"] == 1
    assert sum(service.forget(store, BEGIN, BEGIN + timedelta(days=1), "somebody was in").values()) > 0
    assert service.baseline(store)["hours"] == 0
