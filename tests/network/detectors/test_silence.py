"""Feeds that fall silent, judged every five minutes: the same however looks are cut."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.network.detectors import silence

from .looks import BEGIN, Kept, Row, Rows, at, sightings, taught

DETECTOR = (silence.run, silence.SETTINGS)
HOUR = 3_600
SERVERS = [
    {"id": "central", "name": "Central", "kind": "central station", "clinical_class": "monitor", "addresses": ["10.1.0.5"]},
    {"id": "pumps", "name": "Pumps", "kind": "pump server", "clinical_class": "life", "addresses": ["10.1.0.6"]},
]


def message(second: float, source: str = "10.1.0.5", receiver: str = "10.1.0.30", app: str = "CENTRAL", **more: Any) -> Row:
    return {
        "stream": "hl7", "id": f"{app}{second}", "ts": at(second), "after": second + 1, "id_orig_h": source, "id_resp_h": receiver,
        "id_resp_p": 2575, "sending_application": app, "is_ack": False, "latency": 0.01,
    } | more  # fmt: skip


def others(hours: float) -> list[Row]:
    """The pumps' feed, and somebody who calls the file server each minute."""
    pumps = [message(n * 290.0, "10.1.0.6", "10.1.0.31", "PUMPS") for n in range(int(hours * HOUR / 290))]
    who = {"stream": "conn", "id_orig_h": "10.1.0.40", "id_resp_h": "10.1.0.20", "id_resp_p": 445, "proto": "tcp", "duration": 0.5}
    return [*pumps, *(who | {"id": f"f{n}", "ts": at(n * 60), "after": n * 60 + 6} for n in range(int(hours * 60)))]


def monitors(hours: float, begin: float = 0) -> list[Row]:
    return [message(begin * HOUR + n * 61.0) for n in range(int((hours - begin) * HOUR / 61))]


def faults(found: list[Any]) -> list[tuple[str, str]]:
    return [(one.attacker, one.group.rsplit('"', 2)[1]) for one in found]


def test_a_silent_feed_is_told_of_once_with_its_last_rows() -> None:
    (one,) = sightings(DETECTOR, Rows([*monitors(30), *others(33)]), assets=SERVERS)
    assert (one.attacker, one.victims, one.events) == ("10.1.0.5", ("10.1.0.30",), silence.ROWS)
    assert at(30 * HOUR) < one.end <= at(30.4 * HOUR)


def test_what_is_passed_on_is_no_second_fault() -> None:
    passed = [row | {"id": f"e{row['id']}", "id_orig_h": "10.1.0.30", "id_resp_h": "10.1.0.31"} for row in monitors(30)]
    engine = {"id": "e", "name": "Engine", "kind": "interface engine", "clinical_class": "support", "addresses": ["10.1.0.30"]}
    rows = Rows([*monitors(30), *passed, *others(33)])
    assert faults(sightings(DETECTOR, rows, assets=[*SERVERS, engine])) == [("10.1.0.5", "silent")]
    assert faults(sightings(DETECTOR, Rows([*monitors(33), *passed, *others(33)]), assets=[*SERVERS, engine])) == [("10.1.0.30", "silent")]


def test_it_speaks_again_and_falls_silent_again() -> None:
    rows = Rows([*monitors(30), *monitors(33, 32), *others(35)])
    assert faults(sightings(DETECTOR, rows, assets=SERVERS)) == [("10.1.0.5", "silent")] * 2


def test_a_thin_feed_is_told_of() -> None:
    thin = [message(30 * HOUR + n * 240.0) for n in range(30)]
    assert faults(sightings(DETECTOR, Rows([*monitors(30), *thin, *others(32)]), assets=SERVERS)) == [("10.1.0.5", "thin")]


def test_a_receiver_that_answers_no_more_is_told_of() -> None:
    tried = [message(30 * HOUR + n * 60.0, latency=None) for n in range(60)]
    assert faults(sightings(DETECTOR, Rows([*monitors(30), *tried, *others(31)]), assets=SERVERS)) == [("10.1.0.30", "unanswered")]


@pytest.mark.parametrize("hours", [6, 30])
def test_nothing_is_said_while_it_learns(hours: int) -> None:
    rows = Rows([*monitors(hours), *others(hours + 3)])
    began = BEGIN if hours == 30 else BEGIN - timedelta(days=60)
    assert not sightings(DETECTOR, rows, began=began, assets=SERVERS)


def test_the_whole_network_silent_is_the_sensor() -> None:
    assert not sightings(DETECTOR, Rows([*monitors(30), *others(30), message(35 * HOUR)]), assets=SERVERS)


def test_nothing_is_learned_while_the_sensor_hears_nothing() -> None:
    """A day without a sensor must not make a gap of a day the usual one."""
    day = 24 * HOUR
    later = [row | {"id": f"l{row['id']}", "ts": row["ts"] + timedelta(days=2), "after": row["after"] + 2 * day} for row in others(9)]
    back = [message(2 * day + n * 61.0) for n in range(6 * 59)]
    (one,) = sightings(DETECTOR, Rows([*monitors(30), *others(30), *later, *back]), assets=SERVERS)
    assert at(54 * HOUR) < one.end < at(55 * HOUR)


def test_a_device_that_is_switched_off_is_not_silent() -> None:
    rows = Rows([*monitors(30), *others(33)])
    assert not sightings(DETECTOR, rows)
    busy = {"stream": "conn", "id_orig_h": "10.1.0.5", "id_resp_h": "10.1.0.20", "id_resp_p": 445, "proto": "tcp", "duration": 0.5}
    more = [busy | {"id": f"b{n}", "ts": at(n * 120), "after": n * 120 + 6} for n in range(33 * 30)]
    assert sightings(DETECTOR, Rows([*rows.given, *more]))


def test_wrong_clocks_break_nothing() -> None:
    wrong = [message(0, id=f"w{year}", ts=at(0).replace(year=year)) for year in (1970, 2099, 9000)]
    assert sightings(DETECTOR, Rows([*wrong, *monitors(30), *others(33)]), [10], assets=SERVERS)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.floats(0, 34 * HOUR), max_size=10),
    st.lists(st.tuples(st.floats(0, 33 * HOUR), st.floats(0, 120)), max_size=10),
    st.booleans(),
)
def test_looks_do_not_matter(cuts: list[float], late: list[tuple[float, float]], answered: bool) -> None:
    extra = [message(second, app="X", after=second + after) for second, after in late]
    tried = [message(32 * HOUR + n * 60.0, latency=0.1 if answered else None) for n in range(60)]
    rows = Rows([*monitors(30), *tried, *extra, *others(34)])
    one, many = Kept(), Kept()
    assert sightings(DETECTOR, rows, cuts, memory=many, assets=SERVERS) == sightings(DETECTOR, rows, memory=one, assets=SERVERS)
    assert taught(many) == taught(one)


def test_the_memory_of_a_feed_is_bounded() -> None:
    memory = Kept()
    sightings(DETECTOR, Rows([*[message(n * 20.0) for n in range(3 * 24 * 180)], *others(72)]), memory=memory)
    (feed,) = (one.value for name, one in memory.load().items() if "CENTRAL" in name)
    assert len(feed["open"]) <= 2 * silence.STEP
    assert max(map(len, feed["gaps"].values())) <= 2
    assert len(feed["rows"]) == silence.ROWS
