"""The parts of the report behind the first page: what is counted, folded and cut."""

from __future__ import annotations

import dataclasses
import re
import time
from html import unescape
from pathlib import Path

import pytest
from tests.assessment.large import large

from asepsis.assessment import sections, service
from asepsis.assessment.coverage import Gap
from asepsis.assessment.inventory import ROWS_MAX, inventory
from asepsis.assessment.service import Assessment
from asepsis.encryption.service import Readiness
from asepsis.findings.line import MEMBERS_MAX, line_of
from asepsis.kit.site import Site
from asepsis.settings import open_store

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    site = Site.open(tmp_path_factory.mktemp("morning") / "site", create=True)
    open_store(site)
    return service.assess(site, [MORNING])


def rows(text: str) -> int:
    return sum(body.count("<tr>") for body in re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL))


def test_the_inventory_counts_by_class_and_kind_and_folds_the_machines(morning: Assessment) -> None:
    text = inventory(morning.assets)
    heads = re.findall(r"<h3>(.*?)</h3>", text)
    assert heads[0] == "Treat patients or keep them alive: 1 machine"
    assert sum(int(re.search(r"(\d+) machines?$", head)[1]) for head in heads) == len(morning.assets)  # type: ignore[index]
    assert "<details><summary>2 PACS servers</summary>" in text
    assert "<summary>1 possible infusion pump server</summary>" in text
    assert rows(text) == len(morning.assets)
    assert "<details open" not in text


def test_machines_of_no_known_kind_are_said_to_be(morning: Assessment) -> None:
    unknown = dataclasses.replace(morning.assets[0], kind="unknown", clinical_class="unknown", kind_confidence=0.0)
    assert "Nothing that was seen says what they are." in inventory([unknown])
    assert "Nothing that was seen" not in inventory(morning.assets)
    assert "No machine was seen." in inventory([])


def test_of_thousands_of_machines_each_kind_has_some_rows_and_a_way_to_the_rest() -> None:
    assets, _ = large(5000, 0)
    text = inventory(assets)
    assert ROWS_MAX / 2 < rows(text) <= ROWS_MAX
    assert "<code>asepsis assets list</code> has all" in text
    assert re.search(r"<summary>1,\d{3} workstations \(\d+ of them shown\)</summary>", text)
    assert "<summary>1 linear accelerator</summary>" in text
    assert "asepsis assets list" not in inventory(assets[:1000])


def test_a_line_of_thousands_of_findings_is_cut(morning: Assessment) -> None:
    line = line_of([morning.lines[2].lead] * 900)
    text = sections.worklist([line])
    assert f"The first {MEMBERS_MAX} of 900 findings" in text
    assert rows(text) <= MEMBERS_MAX + 5


def test_the_table_beside_the_picture_says_the_same(morning: Assessment) -> None:
    text = unescape(sections.who_talks(morning))
    assert "imaging" not in text, "no zone was stated"
    assert "10.20.10.0/24: CT scanner: SIEMENS SOMATOM Force (CT01)" in text
    assert re.search(r"<td>DICOM</td><td>3</td><td>DICOM in 3: readable by anyone on the way</td>", text)
    assert "Addresses outside the hospital" in text
    assert sections.who_talks(dataclasses.replace(morning, talks=[])) == ""


def test_quieter_lines_are_said_to_be_in_the_table(morning: Assessment) -> None:
    assets, talks = large(5000, 30_000)
    text = sections.who_talks(dataclasses.replace(morning, assets=assets, talks=talks))
    assert re.search(r"\d+ quieter lines stand only in the table", text)
    assert rows(text) > 100


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (Readiness(0, 0, 0), "No encrypted session"),
        (Readiness(9, 0, 0), "records of patients must stay secret for a lifetime"),
        (Readiness(10, 6, 4), "In 2 more the client was ready"),
        (Readiness(3, 3, 3), "stays secret even then"),
    ],
)
def test_readiness_is_a_figure_with_its_meaning(figures: Readiness, says: str) -> None:
    text = sections.readiness(figures)
    assert says in text
    assert ("<strong>" in text) == bool(figures.sessions)


def test_coverage_says_how_much_and_what_to_do(morning: Assessment) -> None:
    text = unescape(sections.coverage(morning.coverage))
    assert "1 of 168 hours of a week were heard" in text
    assert all(gap.title in text and gap.means in text for gap in morning.coverage)
    assert "<code>asepsis network watch</code>" in text
    assert "12" in sections.coverage([Gap("x", "t", "m.", "d.", 12)])
    assert "A week and more was heard" in sections.coverage([])


def test_the_page_of_a_large_hospital_is_made_in_seconds_and_stays_small(morning: Assessment) -> None:
    assets, talks = large(5000, 30_000)
    began = time.process_time()
    page = service.page(dataclasses.replace(morning, assets=assets, talks=talks))
    assert time.process_time() - began < 5
    assert len(page) < 2_000_000
