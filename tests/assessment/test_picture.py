"""The drawing: what must be in it, and that nothing hangs over its edge."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from asepsis.assessment.picture import BOXES_MAX, picture
from asepsis.assessment.service import assess
from asepsis.assessment.talks import OUTSIDE, Openness, Talk
from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.service import as_json
from asepsis.kit.site import Site

# Captures of others; all of them in the long form.
SHARED = Path(__file__).parents[3] / "shared" / "captures"
EVERY = 1 if "ASEPSIS_SOAK" in os.environ else 9
REAL = sorted(path for folder in ("zeek", "attacks") for path in (SHARED / folder).glob("*.pcap*"))[::EVERY]
SVG = "{http://www.w3.org/2000/svg}"
CLASSES = ("life", "monitor", "support", "none", "unknown")
BLANK = as_json(Asset("", "", "unknown", 0.0, "unknown", "", 1.0))


def asset(asset_id: str, clinical_class: str = "monitor", **given: Any) -> Asset:
    return from_json(BLANK | {"id": asset_id, "name": f"{asset_id} scanner", "kind": "CT", "clinical_class": clinical_class} | given)


def talk(source: str, target: str, openness: Openness = Openness.CLEAR_CLINICAL, *services: str) -> Talk:
    return Talk(source, target, services or ("dicom",), 1, openness)


def drawn(assets: list[Asset], talks: list[Talk]) -> ElementTree.Element:
    return ElementTree.fromstring(picture(assets, talks))


def paths(svg: ElementTree.Element) -> list[str]:
    return [path.get("class", "") for path in svg.iter(f"{SVG}path")]


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", text)]


def test_clinical_traffic_in_clear_is_a_thick_line_drawn_last_with_its_sender_named() -> None:
    ends = [asset("CT"), asset("PACS", "support"), asset("PC", "none")]
    edges = [talk("CT", "PACS"), talk("CT", "PC", Openness.ENCRYPTED, "ssl"), talk("PC", "PACS", Openness.OTHER, "http")]
    svg = drawn(ends, edges)
    assert paths(svg) == ["other", "safe", "clear"]
    assert [text.text for text in svg.iter(f"{SVG}text") if text.get("class") == "open"] == ["sends dicom in clear"]


def test_who_says_nothing_is_not_drawn() -> None:
    svg = drawn([asset("CT"), asset("PACS", "support"), asset("MUTE")], [talk("CT", "PACS")])
    assert len(list(svg.iter(f"{SVG}rect"))) == 2


@pytest.mark.parametrize("many", [1, 5, BOXES_MAX, 4 * BOXES_MAX])
@pytest.mark.parametrize("spread", [CLASSES, ("monitor",), ("none",)], ids=["all columns", "left column", "right column"])
def test_every_box_is_inside_and_none_lies_on_another(many: int, spread: tuple[str, ...]) -> None:
    ends = [asset(f"A{n}", spread[n % len(spread)], name="W" * (n % 60)) for n in range(many)]
    edges = [talk(f"A{n}", OUTSIDE) for n in range(many)]
    svg = drawn(ends, edges)
    _, _, width, height = numbers(svg.get("viewBox", ""))
    boxes = {(x, y) for rect in svg.iter(f"{SVG}rect") for x, y in [(int(rect.get("x", "")), int(rect.get("y", "")))]}
    assert len(boxes) == len(list(svg.iter(f"{SVG}rect"))) == min(many, BOXES_MAX) + 1
    sizes = {(int(rect.get("width", "")), int(rect.get("height", ""))) for rect in svg.iter(f"{SVG}rect")}
    assert len(sizes) == 1
    wide, high = sizes.pop()
    assert all(x >= 0 and x + wide <= width and y >= 0 and y + high <= height for x, y in boxes)
    assert not [(a, b) for a in boxes for b in boxes if a < b and abs(a[0] - b[0]) < wide and abs(a[1] - b[1]) < high]


def extent(path: str) -> list[tuple[float, float]]:
    """Points of a path of one cubic curve (SVG 2, 9.3.6), close enough to each other."""
    x0, y0, x1, y1, x2, y2, x3, y3 = numbers(path)

    def at(t: float, a: int, b: int, c: int, d: int) -> float:
        return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d

    return [(at(n / 50, x0, x1, x2, x3), at(n / 50, y0, y1, y2, y3)) for n in range(51)]


def outside(svg: ElementTree.Element) -> list[str]:
    """The lines that leave the picture."""
    _, _, width, height = numbers(svg.get("viewBox", ""))
    lines = [path.get("d", "") for path in svg.iter(f"{SVG}path")]
    return [line for line in lines if not all(2 <= x <= width - 2 and 2 <= y <= height - 2 for x, y in extent(line))]


@pytest.mark.parametrize("column", ["monitor", "support", "none"])
def test_lines_within_a_column_stay_in_the_gap_beside_it(column: str) -> None:
    ends = [asset(f"A{n:02}", column) for n in range(BOXES_MAX)]
    svg = drawn(ends, [talk(a.id, b.id) for a in ends for b in ends if a.id < b.id])
    assert len(paths(svg)) == BOXES_MAX * (BOXES_MAX - 1) // 2
    assert outside(svg) == []
    home = {int(rect.get("x", "")) for rect in svg.iter(f"{SVG}rect")}.pop()
    wide = {x for path in svg.iter(f"{SVG}path") for x, _ in extent(path.get("d", ""))}
    others = [x for x in (10, 410, 810) if x != home]
    assert not [x for x in wide for other in others if other < x < other + 230], "a line lies on the boxes of another column"


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/captures is not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_no_line_of_a_real_capture_leaves_the_picture(path: Path, site: Site) -> None:
    found = assess(site, [path])
    svg = drawn(found.assets, found.talks)
    assert outside(svg) == []


def test_what_is_clinical_in_clear_is_never_folded_away() -> None:
    crowd = [asset(f"A{n:03}", "none") for n in range(3 * BOXES_MAX)]
    edges = [talk(a.id, b.id, Openness.OTHER, "http") for a, b in pairwise(crowd)]
    svg = drawn([*crowd, asset("ZZ"), asset("ZY", "support")], [*edges, talk("ZZ", "ZY")])
    assert paths(svg).count("clear") == 1


def test_nothing_to_draw_is_still_a_picture() -> None:
    assert drawn([], []).get("viewBox")


def test_names_off_the_wire_are_text() -> None:
    evil = asset("CT", name="</svg><script>alert(1)</script>", kind="<b>")
    svg = drawn([evil, asset("PACS", "support", name="x" * 500)], [talk("CT", "PACS", Openness.CLEAR_CLINICAL, "<i>", "dicom")])
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {"svg", "g", "title", "rect", "text", "path"}
    assert "</svg><script>alert(1)</script>" in [title.text for title in svg.iter(f"{SVG}title")]
