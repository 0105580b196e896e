"""The pictures of a story: who stands where, which steps an arrow carries, and when they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asepsis.network import tactic
from asepsis.network.axis import TICKS, Axis
from asepsis.network.scene import MANY, Role, runs, scene
from asepsis.network.strip import strip

BEGIN = datetime(2026, 3, 8, 4, 0, tzinfo=UTC)


def step(attacker: str, *victims: str, takes: bool = False, outside: tuple[str, ...] = (), after: int = 0) -> dict[str, Any]:
    names = [f"the machine {victim}" for victim in victims]
    at = BEGIN + timedelta(minutes=after)
    ids = {"attacker_id": attacker, "victim_ids": list(victims), "outside": list(outside)}
    return ids | {"attacker": attacker, "victims": names, "takes": takes, "begin": at, "end": at + timedelta(minutes=1), "alert": True}


def roles(*steps: dict[str, Any]) -> dict[str, Role]:
    return {box.names[0].removeprefix("the machine "): box.role for box in scene(steps).boxes}


def test_who_attacks_is_left_and_who_is_taken_attacks_from_the_middle() -> None:
    told = scene([step("a", "b", takes=True), step("b", "c")])
    at = {box.names[0]: box for box in told.boxes}
    assert at["a"].x < at["the machine b"].x < at["the machine c"].x
    assert [(arrow.steps, arrow.words) for arrow in told.arrows] == [("1", "a → the machine b"), ("2", "the machine b → the machine c")]
    assert roles(step("a", "b", takes=True), step("b", "c")) == {"a": Role.ATTACKER, "b": Role.TAKEN, "c": Role.TOUCHED}


def test_who_is_outside_is_so_whatever_it_does() -> None:
    assert roles(step("a", "o", outside=("o",)))["o"] is Role.OUTSIDE
    assert roles(step("o", "a", takes=True, outside=("o",)))["o"] is Role.OUTSIDE


def test_a_scan_of_hundreds_is_one_box_that_says_how_many() -> None:
    hosts = [f"h{n}" for n in range(200)]
    told = scene([step("a", *hosts), step("a", "h7", takes=True)])
    assert sorted(box.name for box in told.boxes) == ["199 machines", "a", "machine h7"]
    assert told.hosts == 201


def test_fifty_hosts_that_differ_are_drawn_and_hundreds_of_attackers_are_not() -> None:
    chain = [step(f"h{n}", f"h{n + 1}", takes=True) for n in range(49)]
    assert len(scene(chain).boxes) == 50
    flood = [step(f"a{n}", f"v{n}") for n in range(300)]
    assert len(scene(flood).boxes) <= MANY
    assert len(scene(flood).arrows) == 1


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdefgh"), min_size=1)), min_size=1, max_size=20))
def test_every_step_is_on_an_arrow_and_no_box_hides_another(told: list[tuple[str, set[str]]]) -> None:
    steps = [step(who, *sorted(whom)) for who, whom in told]
    drawn = scene(steps)
    places = {(box.x, box.y) for box in drawn.boxes}
    assert len(places) == len(drawn.boxes)
    assert all(box.x + 220 <= drawn.width and box.y + 52 <= drawn.height for box in drawn.boxes)
    pairs = {(who, other) for who, whom in told for other in whom if other != who}
    assert len(drawn.arrows) == len(pairs)


def test_numbers_are_told_in_few_letters() -> None:
    assert runs([1, 2, 3, 7]) == "1-3, 7"
    assert runs([1, 3, 5, 7, 9]) == "1, 3, 5, 7 …"


def test_a_step_that_took_no_time_is_seen_and_none_leaves_the_picture() -> None:
    told = strip([step("a", "b"), step("a", "b", after=180)])
    assert [bar.number for bar in told.bars] == [1, 2]
    assert all(bar.width >= 6 and bar.x + bar.width <= told.width for bar in told.bars)
    assert told.bars[0].x < told.bars[1].x
    assert [tick.words for tick in told.ticks] == ["04:30", "05:00", "05:30", "06:00", "06:30", "07:00"]


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2_000)))
def test_an_axis_is_never_full_of_words(whole: timedelta) -> None:
    axis = Axis(BEGIN, BEGIN + whole, 0, 900)
    assert len(list(axis.ticks())) <= TICKS
    assert axis.x(BEGIN - timedelta(days=1)) == 0


def test_how_far_it_came_is_told_in_the_order_of_the_matrix() -> None:
    assert tactic.furthest(["impact", "discovery", "no-such"]) == "impact"
    assert tactic.furthest(["no-such"]) == ""
    assert tactic.in_order(["impact", "discovery", "impact"]) == ["discovery", "impact"]
