"""Bytes that leave, by the hour: counted once, the same however looks are cut."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.network.detectors import volume

from .looks import BEGIN, Kept, Rows, scores, sightings, taught
from .rows import HOUR, call, end, lasting

DETECTOR = (volume.run, volume.SETTINGS)
MB = 1_000_000
RECORD = [{"id": "ehr", "name": "Record", "kind": "EHR", "clinical_class": "support", "addresses": ["10.1.0.9"]}]


def pieces(count: int, size: int, seconds: float = 600, begin: float = 60, **more: object) -> list[dict[str, object]]:
    return [dict(call(begin + n * seconds, orig_bytes=size, **more)) for n in range(count)]


def test_much_in_a_day_is_told_of_and_more_goes_on() -> None:
    (first, *more) = sightings(DETECTOR, Rows([*pieces(26, 20 * MB, 10), *pieces(6, MB, begin=HOUR + 60), end(9)]))
    assert (first.events, first.value) == (26, 520 * MB)
    assert [(one.events, one.value) for one in more] == [(6, 6 * MB)]


def test_a_connection_that_goes_on_is_counted_once() -> None:
    (first, *more) = sightings(DETECTOR, Rows([*lasting(60, 5 * HOUR, 1_000 * MB), end(9)]), [HOUR * n / 3 for n in range(24)])
    assert sum(one.value or 0 for one in (first, *more)) == 1_000 * MB
    assert sum(one.events for one in (first, *more)) == 1
    assert not sightings(DETECTOR, Rows([*lasting(60, 5 * HOUR, 400 * MB), end(9)]), [HOUR * n / 3 for n in range(24)])


def test_drops_are_told_of_what_is_no_workplace() -> None:
    rows = Rows([*pieces(30, 2 * MB), end(9)])
    assert sum(one.events for one in sightings(DETECTOR, rows, assets=RECORD)) == 30
    assert not sightings(DETECTOR, rows)


def test_a_place_of_the_week_of_learning_is_not_new() -> None:
    rows = Rows([*pieces(26, 20 * MB, 10), end(9)])
    assert not sightings(DETECTOR, rows, began=BEGIN - timedelta(days=6))
    assert sightings(DETECTOR, rows, began=BEGIN - timedelta(days=7))


def test_a_machine_is_judged_by_its_own_days() -> None:
    days = [row for day in range(9) for row in pieces(1, 700 * MB, begin=day * 86_400 + 60, id_resp_h="203.0.113.7")]
    late = pieces(26, 20 * MB, 10, begin=9 * 86_400)
    known = "[[partners]]\nname = 'archive'\ncidrs = ['203.0.113.7/32']\n"
    assert not sightings(DETECTOR, Rows([*days, *late, end(9 * 24 + 9)]), site_toml=known)
    assert sightings(DETECTOR, Rows([*late, end(9 * 24 + 9)]), site_toml=known)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0, 80 * HOUR), max_size=8),
    st.lists(
        st.tuples(st.floats(0, 70 * HOUR), st.floats(0.5, 6 * HOUR), st.integers(0, 300), st.integers(1, 3), st.integers(1, 2)), max_size=15
    ),
)
def test_looks_do_not_matter(cuts: list[float], sent: list[tuple[float, float, int, int, int]]) -> None:
    rows = [
        row | {"uid": f"u{n}", "id": f"{n}-{row['duration']}", "id_resp_h": f"198.51.100.{place}", "id_orig_h": f"10.1.0.{9 + host}"}
        for n, (begin, length, size, place, host) in enumerate(sent)
        for row in lasting(begin, length, size * MB)
    ]
    assets = [
        {"id": f"a{n}", "name": f"A{n}", "kind": "EHR", "clinical_class": "support", "addresses": [f"10.1.0.{9 + n}"]} for n in (1, 2)
    ]
    one, many = Kept(), Kept()
    given = Rows([*rows, *pieces(40, 2 * MB, 1_000, id_orig_h="10.1.0.10"), end(90)])
    assert sightings(DETECTOR, given, cuts, memory=many, assets=assets) == sightings(DETECTOR, given, memory=one, assets=assets)
    assert taught(many) == taught(one)


def test_what_is_remembered_of_connections_is_bounded() -> None:
    memory = Kept()
    rows = [call(n, 120, uid=f"u{n}", orig_bytes=MB, interim=n % 2 == 0) for n in range(2 * volume.OPEN_MAX)]
    sightings(DETECTOR, Rows([*rows, end(9)]), memory=memory)
    (known,) = (one.value for name, one in memory.load().items() if name.startswith('["open"'))
    assert len(known) == volume.OPEN_MAX


def test_what_is_measured_is_what_is_told_of() -> None:
    at_once = Rows([*pieces(26, 20 * MB, 10), end(9)])
    assert [one.value for one in scores(volume.scores, at_once, volume.SETTINGS)] == [520 / 500]
    drops = Rows([*pieces(12, 2 * MB), *pieces(6, 2 * MB, begin=2 * HOUR + 60), end(9)])
    measured = scores(volume.scores, drops, volume.SETTINGS, RECORD)
    assert [one.value for one in measured] == [36 / 25], "before 25 MB nothing is due, and two hours are no drops"
    (told,) = sightings(DETECTOR, drops, assets=RECORD)
    assert told.value == 36 * MB
