"""What network security shows in a browser, over the real console and a real attack."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.console.browser import Visitor, come_in
from tests.console.conftest import Running, start, stop

from asepsis.assessment.service import assess
from asepsis.findings.service import findings
from asepsis.journal.service import entries
from asepsis.kit.site import Site
from asepsis.lake.service import open_lake
from asepsis.network import service

SPOKE = (
    "passwords-guessed-slowly", "passwords-guessed", "guessed-password", "service-from-afar", "file-locked", "files-of-all-kinds-locked",
    "documents-scrambled", "ransom-note",
)  # fmt: skip
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
    ):
        assert vera.get(path).status == 404, path
    assert "no story in this state" in vera.get("/stories?state=closed").text


def test_names_that_an_attacker_chose_are_text_everywhere(attacked: Site, vera: Visitor) -> None:
    from asepsis.hospital.models import AssetRow

    names = ["<script>alert(1)</script>", "{{ 7|add:7 }}", "x\u202etxt.exe", "n" * 65_536]
    story = service.published_story(attacked, "S")
    for id, name in zip(story.told.assets, names, strict=False):
        row = AssetRow.objects.get(id=id)
        row.detail |= {"name": name, "hostnames": [name], "kind_confidence": 0.9}
        row.save()
    page, drawn = vera.get(f"/stories/{story.story.id}"), vera.get("/stories")
    for one in (page, drawn):
        assert one.status == 200
        assert "<script>alert" not in one.text
        assert "&lt;script&gt;alert(1)" in one.text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", one.text)
    assert "{{ 7|add:7 }}" in page.text
    assert len(page.text) < 60_000, "nobody fills a page with a name"


def test_rules_are_found_by_what_they_look_at_and_what_they_did(vera: Visitor) -> None:
    def shown(query: str) -> set[str]:
        return set(re.findall(r'href="/detection/rules/([\w-]+)"', vera.get(f"/detection?{query}").text))

    everything = shown("")
    assert len(everything) > 100
    assert shown("did=spoke") == {"one-door-everywhere", "many-doors-tried"} | set(SPOKE)
    assert shown("q=letters&level=critical") == {"ransom-note"}
    assert shown("stream=rfb") < everything
    assert shown("tactic=impact&state=learning") < shown("tactic=impact")
    assert shown("did=nothing-of-that") == set()


def test_a_rule_says_what_proves_it_and_what_it_saw(vera: Visitor) -> None:
    page = vera.get("/detection/rules/ransom-note")
    assert "letters that demand money" in page.text
    assert re.search(r"<strong>fires:</strong> the same letter in two folders", page.text)
    assert "2026-" in page.text
    assert "marks|startswith: ransom-note" in page.text
    assert "Excuse who is no attacker" not in page.text, "who looks changes nothing"
    assert vera.get("/detection/rules/no-such-rule").status == 404


def test_one_excuses_a_machine_for_a_reason_and_takes_it_back(attacked: Site, anna: Visitor) -> None:
    at, until = "/detection/rules/many-doors-tried", (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    given = {"reason": "the scanner of the house", "until": until, "next": at}
    assert "Excuse who is no attacker" in anna.get(at).text
    assert "switch the rule off" in anna.post(f"{at}/tune", **given).said()[0]
    assert "no kind is called" in anna.post(f"{at}/tune", attacker_kind="bogus", **given).said()[0]
    assert "no day" in anna.post(f"{at}/tune", attacker_kind="scanner", **given | {"until": "soon"}).said()[0]
    assert anna.post(f"{at}/tune", attacker_kind="scanner", attacker_address="10.30.60.60", **given).said() == [
        f"Excused until {until}; from the next look on."
    ]
    page = anna.last.text
    assert "the scanner of the house" in page
    (number,) = re.findall(r'name="number" value="(\d+)"', page)
    assert anna.post(f"{at}/untune", number="x", next=at).said()[0].startswith("no number")
    assert anna.post(f"{at}/untune", number=number, next=at).said() == ["The exception stands no more."]
    assert "the scanner of the house" not in anna.last.text
    acts = [(entry.who, entry.act, entry.subject) for entry in entries(attacked) if entry.act.startswith("network.")]
    assert acts == [("console:anna", f"network.{act}", "many-doors-tried") for act in ("tune", "untune")]


def test_who_only_looks_excuses_nobody(vera: Visitor) -> None:
    assert vera.ask("/detection/rules/many-doors-tried/tune", "POST") == 403
    assert vera.ask("/detection/rules/many-doors-tried/untune", "POST") == 403


def test_coverage_leads_to_the_rules_that_cover(vera: Visitor) -> None:
    page = vera.get("/detection/coverage")
    assert "T1486 Data Encrypted for Impact" in page.text
    named = set(re.findall(r'href="/detection/rules/([\w-]+)"', page.text))
    assert "ransom-note" in named
    assert named <= service.library().names


def test_live_says_what_the_captures_showed_and_what_to_mend(attacked: Site, vera: Visitor) -> None:
    page = vera.get("/sensor")
    assert "Captures that were read" in page.text
    with open_lake(attacked) as lake:
        (health,) = service.health(lake)
        streams = {row["stream"] for row in lake.rows("SELECT 'smb_files' AS stream WHERE EXISTS (SELECT 1 FROM smb_files)")}
    (pulse,), flows = service.live(attacked)
    assert pulse.health.troubles == health.troubles
    assert (pulse.health.packets, pulse.health.dropped) == (health.packets, health.dropped)
    assert health.troubles[0].mend in page.text
    assert streams <= {flow.stream for flow in flows}
    part = vera.get("/sensor", HX_Request="true")
    assert "<html" not in part.text
    assert "What to mend" in part.text


def test_a_program_reads_stories_and_rules_with_a_token_for_them(attacked: Site, console: Running, anna: Visitor) -> None:
    anna.get("/clients")
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    (said,) = anna.post("/clients/admit", name="siem", scopes="detection:read", until=until, next="/clients").said()
    program, bearer = Visitor(console.base), {"Authorization": f"Bearer {said.rpartition(' ')[2]}"}

    def asked(path: str) -> Any:
        return json.loads(program.get(f"/api/v1/{path}", **bearer).text)

    (one,) = asked("stories")["items"]
    assert one["came_to"] == "impact"
    assert asked("stories?state=closed") == {"items": [], "next": None}
    assert asked(f"stories/{one['story']}")["timeline"][0]["rule"] == "one-door-everywhere"
    first = asked("rules")
    more = asked(f"rules?cursor={first['next']}")
    assert [rule["rule"] for rule in (*first["items"], *more["items"])] == [one.entry.name for one in service.rules(attacked)]
    assert more["next"] is None
    for path, status in (("stories/S00", 404), ("stories?cursor=x", 400), ("stories?state=lost", 422), ("worklist", 403)):
        assert program.get(f"/api/v1/{path}", **bearer).status == status, path
    assert program.get("/api/v1/stories").status == 401


def test_no_page_reads_the_lake(attacked: Site, vera: Visitor) -> None:
    aside = attacked.path / "lake-aside"
    attacked.lake.rename(aside)
    try:
        for path in ("/stories", "/stories/S", "/detection", "/detection/rules/ransom-note", "/detection/coverage", "/sensor"):
            assert vera.get(path).status == 200, path
    finally:
        aside.rename(attacked.lake)
