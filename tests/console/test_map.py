"""The map on a console that runs: from zones to what two machines say, whom an asset talks to, and the same for programs."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from asepsis.assessment.service import assess
from asepsis.console.role import Role
from asepsis.hospital.service import assets, set_
from asepsis.kit.site import Site

from .browser import Page, Visitor, come_in
from .conftest import CAPTURES, Running, start, stop

HOSTILE = "<script>alert(1)</script>{{ 7 }}" + "\u05d0" * 20 + "W" * 500


def rows(page: Page) -> list[tuple[str, ...]]:
    """The cells of the rows of the first table, as text."""
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    found = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL))
    return [tuple(" ".join(html.unescape(re.sub("<[^>]+>", " ", cell)).split()) for cell in row) for row in found]


def links(page: Page, beginning: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page.text) if html.unescape(link).startswith(beginning)]


def svg(page: Page) -> ElementTree.Element:
    return ElementTree.fromstring(re.findall(r"<svg class=\"flows\".*?</svg>", page.text, re.DOTALL)[0])


def test_one_goes_from_zones_to_what_two_machines_say(people: dict[Role, Visitor]) -> None:
    viewer = people[Role.VIEWER]
    whole = viewer.get("/map")
    assert 'aria-current="page">Map' in whole.text
    first = rows(whole)[0]
    assert "patients' data in clear: DICOM" in first[2], "what patients suffer from comes first"
    assert svg(whole).get("role") == "group"
    kinds = viewer.get("/map" + links(whole, "?source=")[0])
    found = rows(kinds)
    assert sum(int(row[4]) for row in found) == int(first[4]), "nothing is lost on the way"
    near = next(link for link in links(kinds, "?source=") if "PACS" in link)
    machines = viewer.get("/map" + near)
    assert "Which machines talk to which" in machines.text
    total = int(rows(machines)[0][4])
    pair = viewer.get(links(machines, "/map/a-")[0])
    assert sum(int(row[2]) for row in rows(pair)) == total
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", pair.text)


def test_filters_are_links_that_stay_on_the_way(people: dict[Role, Visitor]) -> None:
    viewer = people[Role.VIEWER]
    every = rows(viewer.get("/map"))
    clear = viewer.get("/map?clear=1")
    assert 0 < len(rows(clear)) < len(every)
    assert all("in clear" in row[2] for row in rows(clear))
    assert all("clear=1" in link for link in links(clear, "?source="))
    outside = rows(viewer.get("/map?outside=1"))
    assert outside
    assert all("outside the hospital" in row[:2] for row in outside)
    assert 0 < len(rows(viewer.get("/map?clinical=1"))) <= len(every)
    both = viewer.get("/map?clear=1&outside=1")
    assert not rows(both)
    assert "Show the whole map" in both.text


def test_a_box_of_the_picture_leads_to_what_it_says_and_hears(people: dict[Role, Visitor]) -> None:
    viewer = people[Role.VIEWER]
    picture = svg(viewer.get("/map"))
    boxes = [link.get("href", "") for link in picture.iter("{http://www.w3.org/2000/svg}a")]
    assert len(boxes) > 10
    one = next(link for link in boxes if "kind=CT" in link)
    found = rows(viewer.get("/map" + one))
    assert found
    assert all("CT scanner" in row[0] + row[1] for row in found)


@pytest.mark.parametrize("asked", ["?source=nowhere&target=nowhere", "?page=0", "?page=%F0", "?page=99", "?source_kind=x"])
def test_what_is_not_there_is_said(people: dict[Role, Visitor], asked: str) -> None:
    page = people[Role.VIEWER].get("/map" + asked)
    assert page.status == 200
    assert rows(page) or "Show the whole map" in page.text


def test_no_mark_and_no_pair_are_not_there(people: dict[Role, Visitor]) -> None:
    viewer = people[Role.VIEWER]
    assert viewer.get("/map?source=a&source_kind=CT&target=b&target_kind=PACS&after=x").status == 404
    assert viewer.get("/map/a-0000000000/outside").status == 404
    assert viewer.get("/assets/nothing/talks").status == 404


def test_an_asset_says_whom_it_talks_to(people: dict[Role, Visitor], console: Running) -> None:
    viewer = people[Role.VIEWER]
    ct = next(one for one in assets(console.site) if one.kind == "CT")
    assert f'hx-get="/assets/{ct.id}/talks"' in viewer.get(f"/assets/{ct.id}").text
    page = viewer.get(f"/assets/{ct.id}/talks")
    assert {row[1] for row in rows(page)} <= {"it calls", "calls it"}
    assert any("PACS" in row[0] for row in rows(page))
    part = viewer.get(f"/assets/{ct.id}/talks", HX_Request="true")
    assert "<header" not in part.text
    assert rows(part) == rows(page)
    assert "It calls" in {"".join(text.itertext()) for text in svg(page).iter("{http://www.w3.org/2000/svg}text")}


def test_a_program_reads_all_flows_page_by_page(console: Running, people: dict[Role, Visitor], monkeypatch: pytest.MonkeyPatch) -> None:
    leads, program = people[Role.ADMINISTRATOR], Visitor(console.base)
    assert program.get("/api/v1/flows").status == 401
    leads.get("/clients")
    until = (date.today() + timedelta(days=30)).isoformat()
    (said,) = leads.post("/clients/admit", name="flows", scopes="assets:read", until=until, next="/clients").said()
    bearer = {"Authorization": f"Bearer {said.rpartition(' ')[2]}"}
    page = json.loads(program.get("/api/v1/flows", **bearer).text)
    assert page["next"] is None
    found = page["items"]
    clear = json.loads(program.get("/api/v1/flows?openness=clear", **bearer).text)["items"]
    assert clear == [one for one in found if one["openness"] == "clear"]
    assert {name for one in clear for name in one["services"]} >= {"dicom", "hl7"}
    source = clear[0]["source"]
    assert json.loads(program.get(f"/api/v1/flows?source={source}", **bearer).text)["items"] == [
        one for one in found if one["source"] == source
    ]
    assert all(one["first"] <= one["last"] and one["connections"] > 0 for one in found)
    assert program.get("/api/v1/flows?cursor=%F0", **bearer).status == 400
    assert program.get("/api/v1/flows?openness=loud", **bearer).status == 400


def test_names_that_attackers_choose_are_text_and_an_empty_map_says_what_to_do(tmp_path: Path) -> None:
    empty = Site.open(tmp_path / "site", create=True)
    running = start(empty.path)
    try:
        one = come_in(running.base, running.link, "anna")
        assert "asepsis assess CAPTURE" in one.get("/map").text
        assess(empty, [CAPTURES])
        ct = next(asset for asset in assets(empty) if asset.kind == "CT")
        set_(empty, ct.id, {"name": HOSTILE[:200]})
        assess(empty, [])
        ct = next(asset for asset in assets(empty) if asset.kind == "CT")
        assert ct.name.startswith("<script>")
        peers = one.get(f"/assets/{ct.id}/talks")
        pages = [peers, *(one.get(link) for link in links(peers, "/map/a-")[:2])]
        for page in pages:
            assert page.status == 200
            assert "<script>alert" not in page.text
            assert "&lt;script&gt;alert(1)" in page.text
            assert len(page.text) < 60_000
        assert not re.search(r"\sstyle=|\son\w+=", peers.text)
    finally:
        stop(running)
