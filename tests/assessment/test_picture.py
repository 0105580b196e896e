"""The drawing: what must be in it, and that nothing hangs over its edge."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from asepsis.assessment.picture import BOXES_MAX, picture
from asepsis.assessment.talks import OUTSIDE, Openness, Talk
from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.service import as_json

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
