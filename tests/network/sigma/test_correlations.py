"""Correlations by hand: what holds, from when to when, and which events tell of it."""

from __future__ import annotations

from tests.network.sigma.tables import Row, Rows, at, correlation, found, rule, written

FAILED = rule("a:\n  conn_state: S0\ncondition: a")


def failures(*seconds: float, host: str = "10.0.0.1", **more: object) -> list[Row]:
    return [{"ts": at(second), "id_orig_h": host, "conn_state": "S0", "id_resp_p": 22} | more for second in seconds]


def test_a_burst_is_one_episode() -> None:
    tables = Rows({"conn": [*failures(0, 20, 40, 300), {"ts": at(50), "id_orig_h": "10.0.0.1", "conn_state": "SF"}]})
    (one,) = found(tables, written(FAILED, correlation("event_count", condition="{gte: 3}")))
    assert (one.begin, one.held_from, one.end, one.events, one.value) == (at(0), at(40), at(40), 3, 3)
    assert one.group == (("id.orig_h", "10.0.0.1"),)
    assert [event.event_id for event in one.evidence] == ["conn0", "conn1", "conn2"]
