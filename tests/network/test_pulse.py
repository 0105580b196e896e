"""The running summary of what the sensor heard: minutes and hours, each minute once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from asepsis.kit.site import Site
from asepsis.lake.service import Part
from asepsis.network import pulse_store
from asepsis.network.chart import chart, round_up, totals, written
from asepsis.network.health import SUMMED
from asepsis.network.pulse import HOUR, MINUTE, Came, Heard, came, flows, pulses, summed

NOW = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)


def minute(at: datetime, packets: int = 600, dropped: int | None = 0, interface: str = "eth1", **more: float) -> Heard:
    counters = dict.fromkeys(SUMMED, 0.0) | {"unicast": packets, "duration": 60.0} | more
    return Heard("s", interface, at, counters | {"pkts_proc": packets, "pkts_dropped": dropped})


def test_the_same_minute_again_changes_nothing(store: Site) -> None:
    told = [minute(NOW + n * MINUTE) for n in range(3)]
    for _ in range(2):
        pulse_store.hear(told)
    (one,) = pulses(*pulse_store.heard())
    assert (one.health.packets, len(one.minutes), one.rate) == (1_800, 3, 10.0)


def test_an_hour_is_the_sum_of_its_minutes_though_they_come_in_pieces(store: Site) -> None:
    for n in range(120):
        pulse_store.hear([minute(NOW + n * MINUTE, dropped=30)])
    hours, minutes = pulse_store.heard()
    assert [(one.since.hour, one.packets) for one in hours] == [(6, 18_000), (7, 36_000), (8, 18_000)]
    assert len(minutes) == 60, "of the last hour only"
    (one,) = pulses(hours, minutes)
    assert [trouble.id for trouble in one.health.troubles] == ["overloaded"]
    assert one.health.dropped == 3_600


def test_what_was_mended_yesterday_does_not_trouble_today(store: Site) -> None:
    pulse_store.hear([minute(NOW, dropped=600)])
    pulse_store.hear([minute(NOW + timedelta(hours=26))])
    (one,) = pulses(*pulse_store.heard())
    assert one.health.troubles == ()


def test_each_interface_has_its_own_last_hour(store: Site) -> None:
    pulse_store.hear([minute(NOW - timedelta(days=300), interface="", dropped=None), minute(NOW)])
    live, captures = pulses(*pulse_store.heard())
    assert (captures.health.interface, captures.health.dropped, len(captures.minutes)) == ("", None, 1)
    assert (live.health.interface, live.health.dropped) == ("eth1", 0)
    assert captures.silent(NOW)
    assert not live.silent(NOW + 3 * MINUTE)
    assert live.silent(NOW + 5 * MINUTE)


def test_counters_that_nobody_tells_are_not_zero() -> None:
    assert summed([minute(NOW, dropped=None)])["pkts_dropped"] is None
    assert summed([minute(NOW, dropped=None), minute(NOW, dropped=2)])["pkts_dropped"] == 2


def test_rows_add_up_by_stream_and_minute(store: Site) -> None:
    at = int(NOW.timestamp() * 1_000_000)
    parts = [
        Part("conn", "a", 5, 0, at, at),
        Part("conn", "b", 7, 0, at, at + 1),
        Part("dns", "c", 1, 0, at - 3_600_000_000, at - 240_000_000),
    ]
    pulse_store.count(came(parts))
    pulse_store.count([Came("conn", NOW, 8)])
    found = {flow.stream: (flow.minute, flow.five, flow.hour) for flow in flows(pulse_store.came())}
    assert found == {"conn": (20, 20, 20), "dns": (0, 1, 1)}
    pulse_store.count([Came("conn", NOW + 2 * HOUR, 1)])
    assert [flow.hour for flow in flows(pulse_store.came())] == [1], "what is older goes"
    pulse_store.count([])


def test_a_chart_shows_the_hour_before_its_last_minute() -> None:
    drawn = chart([(NOW - 70 * MINUTE, 5.0), (NOW - MINUTE, 0.0), (NOW, 90.0)])
    (bar,) = drawn.bars
    assert bar.x + bar.width <= drawn.width
    assert bar.y + bar.height == drawn.bottom
    assert [level.words for level in drawn.levels] == ["0", "50", "100"]
    assert chart([(NOW, 0.0)]).bars == ()


def test_numbers_of_an_axis_are_round_and_short() -> None:
    assert [round_up(value) for value in (0, 1, 3, 11, 500, 501)] == [1, 1, 5, 20, 500, 1_000]
    assert [written(value) for value in (0.5, 20, 2_500, 5e6, 1e9)] == ["0.5", "20", "2.5k", "5M", "1G"]
    assert totals([(NOW, 1), (NOW - MINUTE, 2), (NOW, 3)]) == [(NOW - MINUTE, 2), (NOW, 4)]
