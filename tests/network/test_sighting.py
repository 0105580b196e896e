from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from asepsis.network.sighting import GAP, Evidence, Sighting, gathered

T0 = datetime(2026, 3, 2, tzinfo=UTC)


def seen(minute: int, attacker: str = "10.0.0.1", victim: str = "10.0.0.2") -> Sighting:
    at = T0 + timedelta(minutes=minute)
    row = Evidence("conn", f"e{minute}{attacker}{victim}", at)
    return Sighting("rule", attacker, (victim,), at, at, 1, (row,))


def test_what_is_an_hour_apart_belongs_together() -> None:
    (one,) = gathered([seen(0), seen(60)])
    assert (one.begin, one.end, one.events) == (T0, T0 + GAP, 2)


def test_what_is_further_apart_does_not() -> None:
    assert len(gathered([seen(0), seen(61)])) == 2


def test_attackers_are_told_apart() -> None:
    assert len(gathered([seen(0), seen(0, "10.0.0.9")])) == 2


def test_a_row_that_is_seen_twice_counts_once() -> None:
    (one,) = gathered([seen(0), seen(0)])
    assert one.events == 1


moments = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(["a", "b"]), st.sampled_from(["x", "y", "z"])), max_size=30, unique=True)


@given(moments, st.data())
def test_looks_that_follow_each_other_see_what_one_look_sees(found: list[tuple[int, str, str]], data: st.DataObject) -> None:
    sightings = [seen(*one) for one in sorted(found)]
    cut = data.draw(st.integers(0, len(sightings)))
    assert gathered([*gathered(sightings[:cut]), *sightings[cut:]]) == gathered(sightings)
