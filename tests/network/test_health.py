"""What `asepsis network health` says of the sensor's counters."""

from __future__ import annotations

from typing import Any

import pytest
from tests.checks.replay import RowsLake

from asepsis.network.service import Health, health

GOOD: dict[str, Any] = {
    "sensor": "st-anna",
    "interface": "eth1",
    "duration": 60.0,
    "pkts_proc": 100_000,
    "bytes_recv": 50_000_000,
    "pkts_dropped": 0,
    "unicast": 90_000,
    "checksums": 1500,
    "conns": 200,
    "conn_bytes": 40_000_000,
}


def of(*rows: dict[str, Any]) -> list[Health]:
    return health(RowsLake({"stats": [GOOD | row for row in rows]}))


def test_a_good_mirror_has_no_trouble() -> None:
    (one,) = of({}, {})
    assert (one.sensor, one.interface, one.packets, one.dropped, one.troubles) == ("st-anna", "eth1", 200_000, 0, ())


def test_an_empty_lake_says_nothing() -> None:
    assert health(RowsLake({})) == []


@pytest.mark.parametrize(
    ("id", "figures"),
    [
        ("overloaded", {"pkts_dropped": 2_000}),
        ("blind", {"pkts_proc": 40, "unicast": 0}),
        ("lost_before", {"missed_bytes": 1_000_000}),
        ("one_way", {"one_way": 50}),
        ("midstream", {"midstream": 90}),
        ("copies", {"copies": 5_000}),
        ("routed_copies", {"routed_copies": 5_000}),
        ("vlan_one_way", {"vlan_one_way": 150}),
        ("truncated", {"truncated": 1}),
        ("giants", {"giants": 12}),
        ("wrong_checksums", {"wrong_checksums": 700}),
        ("late", {"late": 400}),
        ("wrong_stamps", {"wrong_stamps": 1}),
        ("clock_steps", {"clock_steps": 1}),
        ("undecoded", {"undecoded": 3_000}),
        ("evicted", {"evicted": 9}),
    ],
)
def test_every_trouble_is_named_with_what_to_mend(id: str, figures: dict[str, Any]) -> None:
    (one,) = of(figures)
    assert [trouble.id for trouble in one.troubles] == [id]
    assert one.troubles[0].count == figures.get(id, one.troubles[0].count)
    assert len(one.troubles[0].mend) > 20


def test_little_of_it_is_no_trouble() -> None:
    (one,) = of({"one_way": 1, "copies": 9, "late": 1, "wrong_checksums": 1, "pkts_dropped": 5, "midstream": 2})
    assert one.troubles == ()


def test_captures_are_told_apart_and_are_never_blind() -> None:
    found = of({}, {"interface": None, "pkts_proc": 0, "unicast": 0, "pkts_dropped": None})
    assert [(one.interface, one.dropped, one.troubles) for one in found] == [("", None, ()), ("eth1", 0, ())]


def test_yesterday_does_not_trouble_today() -> None:
    lake = RowsLake({"stats": [GOOD | {"ts": "00:00", "one_way": 150}, GOOD | {"ts": "24:01"}]})
    assert [one.troubles for one in health(lake)] == [()]
