"""Captures that are given on the page become jobs: what each person sees of them, and what comes of hostile ones."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from asepsis.journal.service import entries

from .browser import Page, Visitor, come_in
from .conftest import CAPTURES, Running, start, stop

MORNING = max(CAPTURES.glob("*.pcap*"), key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("jobs") / "site")
    yield running
    stop(running)


@pytest.fixture(scope="module")
def anna(running: Running) -> Visitor:
    return come_in(running.base, running.link, "anna")


def lying(running: Running) -> list[Path]:
    """The captures that lie on the disk."""
    return sorted((running.site.path / "console" / "captures").iterdir())


def ended(visitor: Visitor, page: Page) -> str:
    """What the page of the job that was given last says once it has ended."""
    id = re.findall(r'id="(J[0-9a-f]+)"', page.text)[0]
    while True:
        text = visitor.get(f"/jobs/{id}").text
        if re.search(r'class="job (done|broken|cancelled)"', text):
            return text


def test_a_capture_is_given_on_the_empty_worklist_and_assessed(running: Running, anna: Visitor) -> None:
    page = anna.get("/")
    assert 'action="/captures"' in page.text
    page = anna.give("/captures", MORNING.read_bytes(), name="../../MEIER_HANS.pcap", next="/")
    assert page.said(), (page.status, page.url, page.text)
    assert page.said()[0].startswith("Taken: 1 capture, ")
    text = ended(anna, page)
    assert 'class="job done"' in text
    assert re.search(r"[1-9][\d,]* packets from ", text), text
    assert lying(running) == []
    assert 'class="decision"' in anna.get("/").text
    assert 'action="/captures"' not in anna.get("/").text
    acts = [(entry.who, entry.act) for entry in entries(running.site)]
    assert acts.count(("console:anna", "jobs.take")) == acts.count(("console:anna", "jobs.end")) == 1
    assert ("console:anna", "lake.ingest") in acts
    kept = [file for file in running.site.path.rglob("*") if file.is_file() and b"MEIER_HANS" in file.read_bytes()]
    assert kept == [], "names of files are kept nowhere"
