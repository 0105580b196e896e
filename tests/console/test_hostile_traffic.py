"""What machines call themselves belongs to attackers: on every page, in every export, mail, log and PDF it is text, and does nothing."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from asepsis.assessment.service import assess
from asepsis.kit.site import Site

from . import talking
from .browser import Visitor, come_in
from .conftest import Running, start, stop

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("tcpdump", "ip", "unshare"))), reason="needs root, tcpdump, ip and unshare"
)
PAGES = (
    "/", "/findings", "/findings?state=", "/assets", "/stories", "/detection", "/sensor", "/map", "/approvals", "/reports", "/jobs",
    "/settings", "/journal", "/about",
)  # fmt: skip


class Reading(HTMLParser):
    """What a browser would make of a page: tags that are an attacker's, and what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[tuple[str, object]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if told.get("id") == "q" or told.get("class") == "qz" or (tag in ("script", "style", "img", "iframe") and "src" not in told):
            self.wrong.append((tag, told))
        self.wrong += [(tag, name) for name in told if name.startswith("on") or name == "style"]
        if (told.get("src") or "/").startswith("x") or "javascript:" in (told.get("href") or ""):
            self.wrong.append((tag, told))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run(["unshare", "-n", sys.executable, talking.__file__, str(folder)], check=True, timeout=180)
    site = Site.open(folder / "site", create=True)
    (site.path / "site.toml").write_text('[[zones]]\nname = "ward"\ncidrs = ["10.78.0.0/24"]\n', "utf-8")
    assess(site, [folder / "hostile.pcap"])
    running = start(site.path)
    yield running
    said = stop(running)
    assert len(said.splitlines()) < 3, said


@pytest.fixture(scope="module")
def leads(console: Running) -> Visitor:
    return come_in(console.base, console.link, "anna")


def _pages(leads: Visitor) -> Iterator[tuple[str, str]]:
    """Every page, and those of every finding and asset."""
    found: set[str] = set()
    for path in PAGES:
        text = leads.get(path).text
        assert leads.last.status == 200, path
        yield path, text
        found |= set(re.findall(r'href="(/(?:findings/F\w+|assets/a[^"?/]+|map/[^"]+|reports/[^"]+))"', text))
    for path in sorted(path for path in found if "pdf" not in path):
        page = leads.get(html.unescape(path))
        assert page.status == 200, path
        yield path, page.text


def test_the_names_came_in_and_are_shown_as_text(leads: Visitor) -> None:
    said = leads.get("/assets?column=ae_titles&column=hl7_applications&column=hostnames&column=manufacturer").text
    assert "&lt;b id=q&gt;" in said
    assert "{{7|add:42}}" in html.unescape(said)


def test_on_every_page_it_does_nothing(leads: Visitor) -> None:
    seen, shown = 0, ""
    for path, text in _pages(leads):
        reading = Reading()
        reading.feed(text)
        assert not reading.wrong, path
        assert not re.search("[\0\u202a-\u202e\u2066-\u2069]", text), path
        assert len(text) < 1_000_000, path
        seen, shown = seen + 1, shown + text
    assert seen > 20
    assert talking.TEMPLATE in html.unescape(shown)
    assert "\u2039U+202E\u203a" in shown


def test_in_a_spreadsheet_it_is_no_formula(leads: Visitor) -> None:
    every = "".join(
        f"&column={name}" for name in ("manufacturer", "model", "ae_titles", "hl7_applications", "hostnames", "serial", "software")
    )
    rows = list(csv.reader(io.StringIO(leads.get(f"/assets.csv?sort=name{every}").text)))
    cells = [cell for row in rows for cell in row]
    assert any("1+cmd" in cell for cell in cells)
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert not any("\0" in cell or "\u202e" in cell for cell in cells)


def test_over_the_api_it_is_json(console: Running, leads: Visitor) -> None:
    leads.get("/clients")
    scopes = re.findall(r'name="scopes" value="([^"]+)"', leads.last.text)
    until = (date.today() + timedelta(days=3)).isoformat()
    said = leads.post("/clients/admit", name="reader", scopes=scopes, until=until, next="/clients").said()[0]
    program = Visitor(console.base)
    page = program.get("/api/v1/assets", Authorization=f"Bearer {said.rpartition(' ')[2]}")
    assert page.headers["Content-Type"].startswith("application/json")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert any(talking.MARKUP[:16] in json.dumps(one) for one in json.loads(page.text)["items"])


def test_in_a_pdf_it_is_text(console: Running, leads: Visitor, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    out = tmp_path / "week.pdf"
    done = subprocess.run(
        [sys.executable, "-m", "asepsis", "report", "weekly", "--site", str(console.site.path), "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = "".join(page.extract_text() for page in pypdf.PdfReader(out).pages)
    assert "\u202e" not in text
    assert "JavaScript" not in out.read_bytes().decode("latin-1")
    assert leads.get("/reports").status == 200
