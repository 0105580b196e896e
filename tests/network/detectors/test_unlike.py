"""What one machine does and no other of its kind: the same however looks are cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.lake.rows_lake import RowsLake
from asepsis.network.detectors import unlike

from .looks import BEGIN, Kept, Row, Rows, at, sightings, taught
from .rows import HOUR, end

DETECTOR = (unlike.run, unlike.SETTINGS)
PUMPS = [
    {"id": f"p{n}", "name": f"Pump {n}", "kind": "infusion pump", "clinical_class": "life", "addresses": [f"10.1.0.{n}"]}
    for n in range(1, 6)
]
ZONES = "[[zones]]\nname = 'servers'\ncidrs = ['10.9.0.0/24']\n"


def use(second: float, pump: int = 1, port: int = 445, address: str = "10.9.0.5", **more: Any) -> Row:
    who = {"id_orig_h": f"10.1.0.{pump}", "id_resp_h": address, "id_resp_p": port, "proto": "tcp", "orig_bytes": 9, "resp_bytes": 9}
    return {"stream": "conn", "id": f"u{second}-{pump}-{port}", "ts": at(second), "after": second + 8} | who | more


def found(rows: list[Row], cuts: list[float] | None = None, **more: Any) -> list[tuple[str, str]]:
    seen = sightings(DETECTOR, Rows([*rows, end(40)]), cuts or [], assets=PUMPS, site_toml=ZONES, **{"patients": 1, **more})
    return [(one.attacker, one.group) for one in seen]


def test_devices_that_patients_depend_on_are_looked_at_apart() -> None:
    assert not found([use(60)], patients=0)


def test_who_is_alone_is_told_of_once() -> None:
    assert found([use(60), use(7_000), use(90_000)]) == [("10.1.0.1", '[["service","tcp/445"],["zone","servers"]]')]


@pytest.mark.parametrize(
    "rows",
    [
        [use(60), use(600, pump=2)],
        [use(60, resp_bytes=0)],
        [use(60, address="224.0.0.1")],
        [use(60, pump=1), use(8_000, pump=9)][1:],
    ],
)
def test_nothing_is_said_of_what_others_do(rows: list[Row]) -> None:
    assert not found(rows)


def test_a_clock_of_another_century_does_not_stop_the_hours() -> None:
    strange = use(1_000, port=1_000) | {"ts": datetime(2106, 1, 1, tzinfo=UTC)}
    assert found([strange, use(2_000), use(90_000, pump=2)])[0][0] == "10.1.0.1"


def test_the_second_one_is_not_alone() -> None:
    assert [who for who, _ in found([use(60), use(8_000, pump=2)])] == ["10.1.0.1"]


def test_what_is_done_while_it_learns_is_known() -> None:
    assert not found([use(60), use(90_000)], began=BEGIN - timedelta(days=6))


def test_a_scan_does_not_fill_the_memory() -> None:
    memory = Kept()
    found([use(n / 100, port=n) for n in range(1, 1_000)], memory=memory)
    (kind,) = (one.value for name, one in memory.load().items() if name.startswith('["kind"'))
    assert len(kind) == unlike.NEW_MAX


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0, 40 * HOUR), max_size=8),
    st.lists(st.tuples(st.floats(0, 38 * HOUR), st.integers(1, 5), st.integers(1, 3), st.floats(0, 150)), max_size=25, unique=True),
)
def test_looks_do_not_matter(cuts: list[float], uses: list[tuple[float, int, int, float]]) -> None:
    rows = [use(second, pump, port, after=second + late) for second, pump, port, late in uses]
    one, many = Kept(), Kept()
    assert found(rows, cuts, memory=many) == found(rows, memory=one)
    assert taught(many).keys() == taught(one).keys()
    assert [told for told, _ in taught(many).values()] == [told for told, _ in taught(one).values()]


def test_callers_that_nobody_answered_are_not_looked_up() -> None:
    """Addresses of a flood are made up, as many as somebody likes."""
    rows = [{"id_orig_h": "11.0.0.1", "id_resp_h": "10.0.0.2", "proto": "tcp", "conn_state": "S0", "orig_bytes": 0, "resp_bytes": 0}]
    asked: list[str] = []
    look = SimpleNamespace(at=asked.append, locator=SimpleNamespace(assets={}))
    one: Any = SimpleNamespace(news=RowsLake({"conn": rows}), look=look, settings={"least": 5, "patients": 0})
    assert unlike._uses(one) == []
    assert asked == []
