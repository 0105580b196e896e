"""What ROC curves are measured with: by hand, and on plants whose label is known."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from bench.curve import area, curve, rate
from bench.planted import CLASSES, DAY, Place, Planted, Seeds
from bench.rita import threat
from bench.roc_page import LINES, MARKED, picture

MONDAY = 1_772_409_600
"""2026-03-02."""
KNOWN = Place("198.51.100.80", "updates.example")


def planted(seed: int = 1) -> list[Planted]:
    machines = {sort: [f"10.1.{n}.{host}" for host in range(1, 9)] for n, sort in enumerate(CLASSES)}
    return list(Seeds(seed, machines, range(MONDAY, MONDAY + 2 * DAY, DAY), [KNOWN]).all())


def test_a_curve_by_hand() -> None:
    bad, good = [0.9, 0.7, 0.4], [0.8, 0.3]
    assert area(bad, good) == pytest.approx(4 / 6)
    assert curve(bad, good) == [(0, 0), (0, 1 / 3), (0.5, 1 / 3), (0.5, 1), (1, 1)]
    assert (rate(bad, 0.7), rate([], 0.7)) == (2 / 3, 0)


def test_areas_of_ties_and_of_nothing() -> None:
    assert area([1, 1], [1, 1, 1]) == 0.5
    assert area([0.5, 0.5], [0.5, 0.1]) == 0.75
    assert area([], [1]) is None


def test_threats_by_hand() -> None:
    assert threat(0.49, 0) == 0
    assert threat(0.5, 0.1) == pytest.approx(0.2)
    assert threat(0.9, 0.1) == pytest.approx(0.6)
    assert threat(0.95, 0.02) == pytest.approx(0.7 + 0.15)
    assert threat(1.0, 0.5) == pytest.approx(0.8 - 0.15)


def test_a_seed_plants_the_same_again() -> None:
    assert planted() == planted()
    assert planted() != planted(2)


def test_beacons_are_as_their_label_says() -> None:
    beacons = [one for one in planted() if one.label == "beacon" and one.how["missed"] == "0%"]
    assert beacons
    seconds = {"30 s": 30, "1 min": 60, "5 min": 300, "15 min": 900, "1 h": 3_600, "4 h": 14_400}
    for one in beacons:
        starts = sorted(row["ts"].timestamp() for row in one.rows if row["stream"] == "conn")
        pause, jitter = seconds[one.how["interval"]], int(one.how["jitter"].rstrip("%")) / 100
        assert all(pause * (1 - jitter) - 0.01 <= later - earlier <= pause + 0.01 for earlier, later in pairwise(starts))
        assert len({int(start) // DAY for start in starts}) <= 1
        assert (len({row["orig_bytes"] for row in one.rows if row["stream"] == "conn"}) <= 1) or one.how["sizes"] == "varied"


def test_what_leaves_is_as_much_as_its_label_says() -> None:
    for one in planted():
        if one.label == "exfiltration":
            ends = [row for row in one.rows if row["stream"] == "conn" and not row["interim"]]
            total = int(one.how["bytes"].removesuffix(" MB").replace(",", "")) * 1_000_000
            assert total - 100 <= sum(row["orig_bytes"] for row in ends) <= total
            assert (one.place == KNOWN) is (one.how["place"] == "known")


def test_the_picture_has_a_panel_for_each_class_and_marks_where_we_stand() -> None:
    points = {"asepsis: told of": {"true": 0.5, "false": 0.25}} | {mark: {"true": 0, "false": 1} for mark in MARKED["volume"]}
    one = {"bad": 2, "own": 4, "newcomers": 0, "points": points, "curves": {"asepsis": [(0, 0), (0.25, 0.5), (1, 1)]}}
    none = one | {"own": 0}
    drawn = ElementTree.fromstring(picture({"volume": {"classes": {"all": one, "infrastructure": none}}}))
    within = "{http://www.w3.org/2000/svg}"
    panels = drawn.findall(f"{within}g")
    (line,), (circle,) = (panels[0].findall(f"{within}{name}") for name in ("polyline", "circle"))
    assert line.get("points") == "0.0,128.0 32.0,64.0 128.0,0.0"
    assert (circle.get("cx"), circle.get("cy")) == ("32.0", "64.0")
    assert not panels[1].findall(f"{within}polyline"), "where nothing is harmless there is no curve"
    assert len(set(LINES.values())) == 4, "curves of one panel are told apart without colour"
