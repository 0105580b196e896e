"""The drawing: what must be in it, that it can be read at any size, and that nothing hangs over its edge."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.assessment.large import large

from asepsis.assessment.flows import BOXES_MAX, SINGLES_MAX, Box, Edge, Flows, flows
from asepsis.assessment.layout import BOX_WIDTH, WIDTH, layout, point
from asepsis.assessment.lettering import fit, width
from asepsis.assessment.picture import LINES_MAX, drawn, picture
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
BLANK = as_json(Asset("", "", "unknown", 0.9, "unknown", "", 1.0))
Rect = tuple[float, float, float, float]


def asset(asset_id: str, clinical_class: str = "monitor", **given: Any) -> Asset:
    return from_json(BLANK | {"id": asset_id, "name": f"{asset_id} scanner", "kind": "CT", "clinical_class": clinical_class} | given)


def talk(source: str, target: str, openness: Openness = Openness.CLEAR_CLINICAL, *services: str, n: int = 1) -> Talk:
    clear, encrypted = (n if openness is kind else 0 for kind in (Openness.CLEAR_CLINICAL, Openness.ENCRYPTED))
    return Talk(source, target, services or ("dicom",), n, openness, clear, encrypted)


def svg_of(found: Flows) -> ElementTree.Element:
    return ElementTree.fromstring(picture(found))


def paths(svg: ElementTree.Element) -> list[str]:
    return [path.get("class", "").split()[0] for path in svg.iter(f"{SVG}path") if path.get("class") != "tip"]


def texts(svg: ElementTree.Element, kind: str) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text") if text.get("class") == kind]


def rects(svg: ElementTree.Element, kind: str) -> list[Rect]:
    found = [rect for rect in svg.iter(f"{SVG}rect") if (rect.get("class") or "").split()[0] == kind]
    return [(number(rect, "x"), number(rect, "y"), number(rect, "width"), number(rect, "height")) for rect in found]


def number(element: ElementTree.Element, name: str) -> float:
    return float(element.get(name, ""))


def overlap(one: Rect, other: Rect) -> bool:
    return all(one[n] < other[n] + other[n + 2] and other[n] < one[n] + one[n + 2] for n in (0, 1))


def within(inner: Rect, outer: Rect) -> bool:
    return all(outer[n] <= inner[n] and inner[n] + inner[n + 2] <= outer[n] + outer[n + 2] for n in (0, 1))


def check(svg: ElementTree.Element) -> None:
    """What holds of every picture."""
    _, _, wide, high = map(float, svg.get("viewBox", "").split())
    boxes, frames = rects(svg, "box"), rects(svg, "frame")
    solid = boxes + rects(svg, "tag")
    assert not [pair for pair in combinations(solid, 2) if overlap(*pair)]
    assert not [pair for pair in combinations(frames, 2) if overlap(*pair)]
    assert all(sum(within(box, frame) for frame in frames) == 1 for box in boxes), "each box in its frame"
    assert all(within(rect, (0, 0, wide, high)) for rect in (*solid, *frames, *rects(svg, "card")))
    heads = {(number(text, "x"), number(text, "y")): text for text in svg.iter(f"{SVG}text") if text.get("class") == "place"}
    for x, y, frame_width, _ in frames:
        text = heads[x + 12, y + 18]
        count = "".join(part.text or "" for part in text)
        assert 12 + width(text.text or "", 13, bold=True) + width(count, 11) <= frame_width
    for group in svg.iter(f"{SVG}g"):
        for box in (rect for rect in group.iter(f"{SVG}rect") if rect.get("class") == "box"):
            for text in group.iter(f"{SVG}text"):
                kind = text.get("class")
                size = 12 if kind == "name" else 11
                assert number(text, "x") + width(text.text or "", size, kind != "kind") <= number(box, "x") + number(box, "width")
                assert number(box, "y") + size <= number(text, "y") <= number(box, "y") + number(box, "height") - 3


@pytest.mark.parametrize("zones", [True, False], ids=["zones", "networks"])
def test_five_thousand_machines_are_some_boxes_made_at_once(zones: bool) -> None:
    assets, talks = large(5000, 30_000, zones)
    began = time.process_time()
    found = flows(assets, talks)
    text = picture(found)
    took = time.process_time() - began
    svg = ElementTree.fromstring(text)
    check(svg)
    assert took < 1
    assert len(text) < 200_000
    assert len(rects(svg, "box")) <= 40
    assert sum(box.number for box in found.boxes if box.id != OUTSIDE) == len(
        {end for t in talks for end in (t.source, t.target)} - {OUTSIDE}
    )
    assert sum(edge.connections for edge in found.edges) == sum(talk.connections for talk in talks), "no line is lost"
    assert sum(edge.readable for edge in found.edges) == sum(talk.clear for talk in talks)
    assert sum(edge.openness is Openness.CLEAR_CLINICAL for edge in found.edges) == paths(svg).count("clear")
    assert len(texts(svg, "open")) >= paths(svg).count("clear"), "what is in clear is named beside its line or its sender"


@pytest.mark.parametrize(("assets", "seed"), [(31, 2), (80, 3), (300, 4), (1000, 5)])
def test_every_size_between_holds_together(assets: int, seed: int) -> None:
    for zones in (True, False):
        check(svg_of(flows(*large(assets, 4 * assets, zones, seed))))


def test_boxes_of_many_say_how_many_of_what_and_where() -> None:
    ends = [asset(f"A{n:02}", zone="imaging", manufacturer="Siemens") for n in range(40)] + [
        asset("P", "support", kind="PACS", zone="server room")
    ]
    svg = svg_of(flows(ends, [talk(end.id, "P", n=100) for end in ends[:-1]]))
    assert texts(svg, "name") == ["40 CT scanners", "PACS server"]
    assert texts(svg, "place") == ["imaging \u00b7 40 machines", "server room \u00b7 1 machine"]
    assert texts(svg, "open") == ["sends DICOM in clear", "DICOM 4,000"]
    assert len(rects(svg, "card")) == 2


def test_a_small_network_shows_its_machines_in_their_zones() -> None:
    ends = [asset(f"A{n:02}", zone="imaging" if n % 2 else "") for n in range(SINGLES_MAX)]
    ends[0] = asset("A00", addresses=["10.1.2.3"])
    svg = svg_of(flows(ends, [talk(a.id, b.id) for a, b in pairwise(ends)]))
    assert len(rects(svg, "box")) == SINGLES_MAX
    assert {name.split(" \u00b7")[0] for name in texts(svg, "place")} == {"imaging", "10.1.2.0/24", "Address not seen"}
    assert len(rects(svg_of(flows([*ends, asset("X")], [talk(end.id, "X") for end in ends])), "box")) <= 3


def test_many_networks_are_named_by_what_they_have_in_common() -> None:
    ends = [asset(f"A{n:03}", addresses=[f"10.{n % 4}.{n}.9", "fe80::1"]) for n in range(60)]
    found = flows(ends, [talk(a.id, b.id) for a, b in pairwise(ends)])
    assert {box.place for box in found.boxes} == {f"10.{n}.0.0/16" for n in range(4)}
    apart = [asset(f"A{n:03}", addresses=[f"10.{n}.0.9"]) for n in range(60)]
    assert len({box.place for box in flows(apart, [talk(a.id, b.id) for a, b in pairwise(apart)]).boxes}) == 10


def test_clinical_traffic_in_clear_is_a_thick_line_drawn_last_with_its_name_and_an_arrow() -> None:
    ends = [asset("CT"), asset("PACS", "support"), asset("PC", "none")]
    edges = [talk("CT", "PACS"), talk("CT", "PC", Openness.ENCRYPTED, "ssl"), talk("PC", "PACS", Openness.OTHER, "http")]
    svg = svg_of(flows(ends, edges))
    assert paths(svg) == ["other", "safe", "clear"]
    assert len([path for path in svg.iter(f"{SVG}path") if path.get("class") == "tip"]) == 1
    assert texts(svg, "open") == ["sends DICOM in clear", "DICOM 1"]


def test_a_line_is_encrypted_only_if_all_of_it_is() -> None:
    ends = [asset("CT"), asset("PC", "none")]
    (edge,) = flows(ends, [talk("CT", "PC", Openness.ENCRYPTED, "ssh", n=138), talk("CT", "PC", Openness.ENCRYPTED, "ssl")]).edges
    assert (edge.openness, edge.connections) == (Openness.ENCRYPTED, 139)
    mixed = replace(talk("CT", "PC", Openness.ENCRYPTED, "ssh", "dns", n=139), encrypted=1)
    assert flows(ends, [mixed]).edges[0].openness is Openness.OTHER


def test_what_machines_of_one_box_say_to_each_other_is_drawn_too() -> None:
    ends = [asset(f"A{n:02}") for n in range(SINGLES_MAX + 1)]
    svg = svg_of(flows(ends, [talk(a.id, b.id) for a, b in pairwise(ends)]))
    assert paths(svg) == ["clear"]
    check(svg)


def test_a_zone_called_outside_is_not_the_outside() -> None:
    svg = svg_of(flows([asset("CT", zone=OUTSIDE)], [talk("CT", OUTSIDE)]))
    assert texts(svg, "place") == ["outside \u00b7 1 machine", "Outside the hospital"]


def test_who_says_nothing_is_not_drawn() -> None:
    svg = svg_of(flows([asset("CT"), asset("PACS", "support"), asset("MUTE")], [talk("CT", "PACS")]))
    assert len(rects(svg, "box")) == 2


@pytest.mark.parametrize("many", [1, 5, SINGLES_MAX, 4 * BOXES_MAX])
@pytest.mark.parametrize("spread", [CLASSES, ("monitor",), ("none",)], ids=["all columns", "left column", "right column"])
def test_every_box_is_inside_and_none_lies_on_another(many: int, spread: tuple[str, ...]) -> None:
    ends = [asset(f"A{n}", spread[n % len(spread)], name="W" * (n % 60), kind="m" * (n % 50)) for n in range(many)]
    svg = svg_of(flows(ends, [talk(f"A{n}", OUTSIDE) for n in range(many)]))
    check(svg)
    assert len(rects(svg, "box")) == min(many, BOXES_MAX if many > SINGLES_MAX else many) + 1


def outside(found: Flows) -> list[Edge]:
    """The lines that leave the picture, or run over a box that they only pass."""
    laid = layout(found, drawn(found))
    boxes = [(place.x, place.y, BOX_WIDTH, place.height, place.box.id) for place in laid.places]
    wrong = []
    for line in laid.lines:
        points = [point(curve, n / 40) for curve in line.curves for n in range(1, 40)]
        within = all(2 <= x <= WIDTH - 2 and 2 <= y <= laid.height - 2 for x, y in points)
        ends = (line.edge.source, line.edge.target)
        over = any(x < px < x + w and y < py < y + h for px, py in points for x, y, w, h, id in boxes if id not in ends)
        if over or not within:
            wrong.append(line.edge)
    return wrong


@pytest.mark.parametrize("column", CLASSES)
def test_lines_within_a_column_stay_in_the_gap_beside_it(column: str) -> None:
    ends = [asset(f"A{n:02}", column) for n in range(SINGLES_MAX)]
    found = flows(ends, [talk(a.id, b.id) for a, b in combinations(ends, 2)])
    assert len(drawn(found)) == LINES_MAX[Openness.CLEAR_CLINICAL]
    assert outside(found) == []


def test_no_line_runs_over_a_box_that_it_only_passes() -> None:
    for zones in (True, False):
        assert outside(flows(*large(5000, 30_000, zones))) == []


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/captures is not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_no_line_of_a_real_capture_leaves_the_picture(path: Path, site: Site) -> None:
    seen = assess(site, [path])
    found = flows(seen.assets, seen.talks)
    check(svg_of(found))
    assert outside(found) == []


def test_what_is_clinical_in_clear_is_never_folded_away() -> None:
    crowd = [asset(f"A{n:03}", "none", kind=f"kind {n}") for n in range(3 * BOXES_MAX)]
    edges = [talk(a.id, b.id, Openness.OTHER, "http") for a, b in pairwise(crowd)]
    found = flows([*crowd, asset("ZZ"), asset("ZY", "support")], [*edges, talk("ZZ", "ZY")])
    assert paths(svg_of(found)).count("clear") == 1
    assert [box.label for box in found.boxes if box.speaks] == ["CT scanner"]


def test_nothing_to_draw_is_still_a_picture() -> None:
    assert svg_of(flows([], [])).get("viewBox")


def test_names_off_the_wire_are_text() -> None:
    evil = asset("CT", name="</svg><script>alert(1)</script>", kind="<b>", zone="<i>")
    svg = svg_of(flows([evil, asset("PACS", "support", name="x" * 500)], [talk("CT", "PACS", Openness.CLEAR_CLINICAL, "<i>", "dicom")]))
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {"svg", "g", "title", "rect", "text", "tspan", "path"}
    assert any("</svg><script>alert(1)</script>" in (title.text or "") for title in svg.iter(f"{SVG}title"))


@pytest.mark.parametrize("text", ["", "short", "W" * 80, "\u4e2d" * 40, "a b" * 30, "\u05d0" * 50])
def test_a_text_is_cut_to_its_room(text: str) -> None:
    cut = fit(text, 100, 12, bold=True)
    assert width(cut, 12, bold=True) <= 100
    assert cut == text or (cut.endswith("\u2026") and text.startswith(cut[:-1]))


def test_a_box_without_lines_has_a_place() -> None:
    found = Flows((Box("a", "here", 1, "One", "", 1),), ())
    assert re.match(r"<svg ", picture(found))
    check(svg_of(found))
