"""Correlations by hand: what holds, from when to when, and which events tell of it."""

from __future__ import annotations

from tests.network.sigma.tables import Row, Rows, at, correlation, found, rule, written

from asepsis.network.sigma.hunt import hunt

FAILED = rule("a:\n  conn_state: S0\ncondition: a")


def failures(*seconds: float, host: str | None = "10.0.0.1", **more: object) -> list[Row]:
    return [{"ts": at(second), "id_orig_h": host, "conn_state": "S0", "id_resp_p": 22} | more for second in seconds]


def test_a_burst_is_one_episode() -> None:
    tables = Rows({"conn": [*failures(0, 20, 40, 300), {"ts": at(50), "id_orig_h": "10.0.0.1", "conn_state": "SF"}]})
    (one,) = found(tables, written(FAILED, correlation("event_count", condition="{gte: 3}")))
    assert (one.begin, one.held_from, one.end, one.events, one.value) == (at(0), at(40), at(40), 3, 3)
    assert one.group == (("id.orig_h", "10.0.0.1"),)
    assert [event.event_id for event in one.evidence] == ["conn0", "conn1", "conn2"]


def test_a_burst_across_midnight_is_one_burst() -> None:
    midnight = 18 * 3600
    tables = Rows({"conn": failures(midnight - 20, midnight - 10, midnight + 10)})
    (one,) = found(tables, written(FAILED, correlation("event_count", condition="{gte: 3}")))
    assert (one.begin, one.end) == (at(midnight - 20), at(midnight + 10))


def test_a_window_is_closed_on_both_ends() -> None:
    many = written(FAILED, correlation("event_count", condition="{gte: 2}"))
    assert len(found(Rows({"conn": failures(0, 60)}), many)) == 1
    assert not found(Rows({"conn": failures(0, 60.000001)}), many)


def test_windows_that_overlap_are_one_episode() -> None:
    many = written(FAILED, correlation("event_count", condition="{gte: 2}"))
    # Held at 10 and 70: a timespan apart, so the windows touch; then at 200.
    first, second = found(Rows({"conn": failures(0, 10, 70, 190, 200)}), many)
    assert (first.begin, first.held_from, first.end, first.events) == (at(0), at(10), at(70), 3)
    assert (second.begin, second.end, second.events) == (at(190), at(200), 2)


def test_groups_are_apart_and_an_event_without_one_is_in_none() -> None:
    some = [*failures(0, 1, 2), *failures(0, 1, host="10.0.0.2"), *failures(3, 4, 5, host=None)]
    (one,) = found(Rows({"conn": some}), written(FAILED, correlation("event_count", condition="{gte: 3}")))
    assert one.group == (("id.orig_h", "10.0.0.1"),)


def test_without_groups_all_are_one() -> None:
    (one,) = found(
        Rows({"conn": failures(0, 1, host=None)}), written(FAILED, correlation("event_count", condition="{gte: 2}", group_by=""))
    )
    assert (one.group, one.events) == ((), 2)


def test_evidence_is_bounded_and_the_count_exact() -> None:
    tables = Rows({"conn": failures(*range(50))})
    (one,) = found(tables, written(FAILED, correlation("event_count", condition="{gte: 3}")), evidence=5)
    assert one.events == 50
    assert [event.ts for event in one.evidence] == [at(n) for n in range(5)]


def test_a_value_lives_until_the_end_of_its_last_window() -> None:
    some = failures(0, 30, 61, 100)
    for row, port in zip(some, (1, 2, 1, 3), strict=True):
        row["id_resp_p"] = port
    many = written(FAILED, correlation("value_count", condition="{field: id.resp_p, gte: 3}"))
    # At 100 the window holds port 1 (again at 61) and 3; port 2, of second 30, has left.
    assert not found(Rows({"conn": some}), many)
    some[1]["ts"] = at(40)
    (one,) = found(Rows({"conn": some}), many)
    assert (one.begin, one.held_from, one.events, one.value) == (at(40), at(100), 3, 3)


def test_sums_are_exact_whatever_their_order() -> None:
    some = [row | {"duration": value} for row, value in zip(failures(0, 1, 2, 300), (0.1, 0.2, 1e17, 0.3), strict=True)]
    first, last = found(Rows({"conn": some}), written(FAILED, correlation("value_sum", condition="{field: duration, eq: 0.3}")))
    assert (first.begin, first.end, first.events) == (at(0), at(1), 2)
    # Ten to the seventeenth came and went without a trace, which it would leave in a double.
    assert (last.begin, last.events) == (at(300), 1)


def test_an_average_is_compared_without_division() -> None:
    some = [row | {"orig_bytes": value} for row, value in zip(failures(0, 1, 2), (3, 3, 4), strict=True)]
    (one,) = found(Rows({"conn": some}), written(FAILED, correlation("value_avg", condition="{field: orig_bytes, gt: 3.333333}")))
    assert one.held_from == at(2)
    assert not found(Rows({"conn": some}), written(FAILED, correlation("value_avg", condition="{field: orig_bytes, gt: 3.333334}")))


def test_a_percentile_is_a_value_that_was_seen() -> None:
    some = [row | {"orig_bytes": value} for row, value in zip(failures(*range(10)), range(1, 11), strict=True)]

    def held_from(condition: str) -> list[float]:
        few = written(FAILED, correlation("value_percentile", condition=condition))
        return [(one.held_from - at(0)).total_seconds() for one in found(Rows({"conn": some}), few)]

    # The ninetieth percentile of 1..10 is 9 (nearest rank); so is that of 1..9.
    assert held_from("{field: orig_bytes, percentile: 90, gte: 9}") == [8]
    assert held_from("{field: orig_bytes, percentile: 90, gt: 9}") == []
    assert held_from("{field: orig_bytes, percentile: 50, gte: 5}") == [8]


LOGIN = rule("a:\n  success: true\ncondition: a", "ntlm", "login")
SCAN = rule("a:\n  conn_state: REJ\ncondition: a", "conn", "scan")


def success(second: float, host: str = "10.0.0.1") -> Row:
    return {"ts": at(second), "id_orig_h": host, "success": True}


def test_in_any_order_and_in_order() -> None:
    some = {"conn": failures(50), "ntlm": [success(10)]}
    both = written(FAILED, LOGIN, correlation("temporal", "[one, login]"))
    (one,) = found(Rows(some), both)
    assert [(event.rule, event.stream) for event in one.evidence] == [("login", "ntlm"), ("one", "conn")]
    ordered = written(FAILED, LOGIN, correlation("temporal_ordered", "[one, login]"))
    assert not found(Rows(some), ordered)
    assert found(Rows({"conn": failures(5, 50), "ntlm": [success(10)]}), ordered)
    # All rows of one connection begin when it does.
    assert found(Rows({"conn": failures(10), "ntlm": [success(10)]}), ordered)
    assert not found(Rows({"conn": failures(10), "ntlm": [success(71)]}), ordered)


def test_an_order_is_found_among_repetitions() -> None:
    """Not the first of each and not the last: the chain that begins latest."""
    some = {"conn": [*failures(0, 40), *(row | {"conn_state": "REJ"} for row in failures(20, 50))], "ntlm": [success(10), success(70)]}
    ordered = written(FAILED, SCAN, LOGIN, correlation("temporal_ordered", "[one, scan, login]"))
    (one,) = found(Rows(some), ordered)
    assert one.held_from == at(70)


def test_fields_of_other_names_are_one_alias() -> None:
    some = {"conn": [row | {"id_resp_h": "10.0.0.7"} for row in failures(0)], "ntlm": [success(10, "10.0.0.7")]}
    aliases = "{who: {one: id.resp_h, login: id.orig_h}}"
    both = written(FAILED, LOGIN, correlation("temporal", "[one, login]", group_by="[who]", aliases=aliases))
    (one,) = found(Rows(some), both)
    assert one.group == (("who", "10.0.0.7"),)


def test_many_failures_then_a_success() -> None:
    """A correlation over a correlation: the failures go on after the success, and it is found where it was."""
    nested = written(
        FAILED,
        LOGIN,
        correlation("event_count", name="brute", condition="{gte: 3}"),
        correlation("temporal_ordered", "[brute, login]", name="broken_in", timespan="10s"),
    )
    tables = Rows({"conn": failures(*range(0, 600, 5)), "ntlm": [success(302)]})
    (one,) = found(tables, nested)
    assert one.held_from == at(302)
    assert [event.rule for event in one.evidence][:2] == ["brute", "brute"]
    assert not found(Rows({"conn": failures(0, 5, 300), "ntlm": [success(302)]}), nested)


def test_an_event_that_two_rules_mean_counts_once() -> None:
    both = written(
        FAILED, rule("a:\n  id.resp_p: 22\ncondition: a", name="two"), correlation("event_count", "[one, two]", condition="{gte: 2}")
    )
    assert not found(Rows({"conn": failures(0)}), both)
    assert found(Rows({"conn": failures(0, 1)}), both)


def test_rules_that_serve_are_silent_unless_they_generate() -> None:
    tables = Rows({"conn": failures(0, 1, 2)})
    silent = written(FAILED, correlation("event_count", condition="{gte: 3}"))
    assert [one.rule for one in hunt(tables, silent)] == ["many"]
    loud = written(FAILED, correlation("event_count", condition="{gte: 3}", generate="true"))
    assert [one.rule for one in hunt(tables, loud)] == ["one", "one", "one", "many"]
