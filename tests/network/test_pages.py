"""What network security shows in a browser, over the real console and a real attack."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from asepsis.assessment.service import assess
from asepsis.findings.service import findings
from asepsis.kit.site import Site
from asepsis.network import service
from tests.console.browser import Visitor, come_in
from tests.console.conftest import Running, start, stop

ATTACK = Path(__file__).parents[2] / "range" / "attack"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A hospital after a night with an attack."""
    folder = tmp_path_factory.mktemp("attacked") / "site"
    folder.mkdir()
    shutil.copy(ATTACK / "site.toml", folder)
    site = Site.open(folder, create=True)
    assess(site, [ATTACK / "story.pcap.gz"])
    return site


@pytest.fixture(scope="module")
def console(attacked: Site) -> Iterator[Running]:
    running = start(attacked.path)
    yield running
    stop(running)


@pytest.fixture(scope="module")
def anna(console: Running) -> Visitor:
    """Who leads."""
    return come_in(console.base, console.link, "anna")


@pytest.fixture(scope="module")
def vera(console: Running, anna: Visitor) -> Visitor:
    """Who looks and changes nothing."""
    anna.get("/people")
    (said,) = anna.post("/people/invite", role="viewer", next="/people").said()
    return come_in(console.base, said.rpartition(" ")[2], "vera")


def test_a_story_out_of_the_store_is_the_one_that_all_rows_tell(attacked: Site) -> None:
    (whole,) = service.stories(attacked)
    told = service.published_story(attacked, whole.story.id)
    assert (told.form(), told.timeline, told.graph) == (whole.form(), whole.timeline, whole.graph)
    for name in (whole.finding, whole.alerts[-1], whole.story.id[:4]):
        assert service.published_story(attacked, name).story.id == whole.story.id


def test_an_outline_says_who_whom_how_far_and_how_many(attacked: Site) -> None:
    (one,), more = service.published_stories(attacked)
    assert (one.attacker, one.came_to, one.alerts, more) == ("the machine at 10.30.50.32", "impact", 10, "")
    assert one.victims[0].startswith("the file server")
    assert one.victims_count > 50


def test_stories_lead_to_a_story_and_it_to_its_findings(attacked: Site, vera: Visitor) -> None:
    (id,) = re.findall(r'href="/stories/(S\w+)"', vera.get("/stories").text)
    page = vera.get(f"/stories/{id}")
    assert "Step by step" in page.text
    steps = set(re.findall(r'href="/findings/(F\w+)"', page.text))
    assert steps == {finding.id for finding in findings(attacked) if finding.seen.part_of} | {service.published_story(attacked, id).finding}
    for finding in steps:
        assert f'href="/stories/{finding}"' in vera.get(f"/findings/{finding}").text
        assert vera.get(f"/stories/{finding}").text.count("<svg") == 2
    assert page.text.count("<svg") == 2


def test_what_is_no_story_state_or_place_is_not_there(vera: Visitor) -> None:
    for path in (
        "/stories/S00",
        "/stories/nothing",
        "/stories?state=lost",
        "/stories?after=9",
        "/stories?after=9.20260101T000000000000.F0%00",
    ):
        assert vera.get(path).status == 404, path
    assert "no story in this state" in vera.get("/stories?state=closed").text
