"""The pages of reports, on a console that runs."""

from __future__ import annotations

import io
import json
import re
import ssl
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.findings.making import proposal

from asepsis.assessment.service import month_of, week_of
from asepsis.console.role import Role
from asepsis.findings.finding import Kind
from asepsis.findings.harm import HarmKind
from asepsis.findings.service import accept, publish, span
from asepsis.kit.site import Site

from .browser import Visitor, come_in
from .conftest import Running, start, stop

HURTING = {HarmKind.SAFETY: 3}
HOSTILE = '<script>alert(1)</script>{{ 7*7 }}\u202egnp.exe\x00=1+1 #eval("1")'


@pytest.fixture(scope="module")
def seen(console: Running) -> date:
    """A day on which something opened."""
    found = span(console.site)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Somebody on the console of a site in which what attackers and people wrote is hostile."""
    site = Site.open(tmp_path_factory.mktemp("attacked") / "site", create=True)
    now = datetime.now(UTC)
    given = {"title": HOSTILE, "fault": HOSTILE, "levels": HURTING, "first_seen": now, "last_seen": now}
    publish(
        site,
        [proposal(subject="1", **given), proposal(subject="2", **given), proposal(subject="3", kind=Kind.ALERT, check="story", **given)],
    )
    accept(site, proposal(subject="2").id, "<b>it stays</b> {{ 7*7 }}", now.date() + timedelta(days=8))
    running = start(site.path)
    yield come_in(running.base, running.link, "anna")
    stop(running)


def fetched(visitor: Visitor, path: str) -> bytes:
    """What is no page of text."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    cookies = "; ".join(f"{one.name}={one.value}" for one in visitor.cookies)
    asked = urllib.request.Request(visitor.base + path, headers={"Cookie": cookies})
    with urllib.request.urlopen(asked, timeout=60, context=trusting) as answer:
        assert answer.headers["Content-Type"] == "application/pdf"
        assert re.fullmatch(r'attachment; filename="(handover|board)-[0-9W-]+\.pdf"', answer.headers["Content-Disposition"])
        body: bytes = answer.read()
        return body


def words(printed: bytes) -> str:
    return " ".join(word for page in PdfReader(io.BytesIO(printed)).pages for word in page.extract_text().split())


def test_the_weeks_and_months_in_which_something_happened_are_offered(people: dict[Role, Visitor], seen: date) -> None:
    page = people[Role.ANALYST].get("/reports")
    assert f'href="/reports/weekly/{week_of(seen).name}"' in page.text
    assert f'href="/reports/monthly/{month_of(seen).name}.pdf"' in page.text


def test_any_other_is_asked_for_by_name(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    assert analyst.get("/reports?week=2024-W07").url.endswith("/reports/weekly/2024-W07")
    assert analyst.get("/reports?month=2024-02").url.endswith("/reports/monthly/2024-02")
    wrong = analyst.get("/reports?week=soon")
    assert (wrong.url, wrong.said()) == (f"{analyst.base}/reports", ["not a week: soon: write it as 2026-W49"])
    for gone in ("weekly/2026-11", "monthly/2026-W48", "weekly/x", "monthly/2026-13.pdf", "weekly/9999-W53"):
        assert analyst.get(f"/reports/{gone}").status == 404


def test_who_did_what_is_not_for_everybody(people: dict[Role, Visitor], seen: date) -> None:
    week, month = week_of(seen).name, month_of(seen).name
    viewer = people[Role.VIEWER]
    for path in (f"weekly/{week}", f"weekly/{week}.pdf"):
        assert viewer.get(f"/reports/{path}").status == 403
    assert "/reports/weekly/" not in viewer.get("/reports").text
    assert viewer.get(f"/reports/monthly/{month}").status == 200
    assert "Who did what" in people[Role.AUDITOR].get(f"/reports/weekly/{week}").text


def test_page_and_paper_say_the_same(people: dict[Role, Visitor], seen: date) -> None:
    analyst = people[Role.ANALYST]
    for path in (f"/reports/weekly/{week_of(seen).name}", f"/reports/monthly/{month_of(seen).name}"):
        page, printed = analyst.get(path).text, fetched(analyst, f"{path}.pdf")
        (first,) = re.findall(r'<p class="strong">([^<]+)</p>', page)
        assert first in words(printed)
        assert fetched(analyst, f"{path}.pdf") == printed
        assert page.count("<svg") == page.count("<figure") == 1


def test_a_chart_has_a_table_beside_it_and_no_style_of_its_own(people: dict[Role, Visitor], seen: date) -> None:
    page = people[Role.ANALYST].get(f"/reports/monthly/{month_of(seen).name}").text
    (figure,) = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert 'role="img" aria-label="Weak points at the end of each month"' in figure
    assert "<caption>Weak points at the end of each month</caption>" in figure
    assert "style" not in figure
    drawn = re.findall(r"<text[^>]*>([\d,]+)</text>", figure)
    assert drawn == re.findall(r'<td class="number">([\d,]+)</td>', figure)


def test_a_week_before_anything_was_known_is_a_page_too(people: dict[Role, Visitor]) -> None:
    page = people[Role.ANALYST].get("/reports/weekly/2019-W07").text
    assert "Nothing opened, and nothing closed." in page
    assert "No sensor listened" in page


def test_a_program_is_told_the_numbers(console: Running, people: dict[Role, Visitor], seen: date) -> None:
    leads, program = people[Role.ADMINISTRATOR], Visitor(console.base)
    assert program.get("/api/v1/reports/2026-11").status == 401
    leads.get("/clients")
    until = (date.today() + timedelta(days=3)).isoformat()
    (said,) = leads.post("/clients/admit", name="board", scopes="findings:read", until=until, next="/clients").said()
    bearer = {"Authorization": f"Bearer {said.rpartition(' ')[2]}"}
    told = json.loads(program.get(f"/api/v1/reports/{month_of(seen).name}", **bearer).text)
    assert told["turned"]["opened"]["all"] > 3
    assert json.loads(program.get(f"/api/v1/reports/{week_of(seen).name}", **bearer).text)["period"] == week_of(seen).name
    assert program.get("/api/v1/reports/soon", **bearer).status == 404


def test_what_came_from_the_network_is_text_on_page_and_paper(attacked: Visitor) -> None:
    today = datetime.now(UTC).date()
    for path in (f"/reports/weekly/{week_of(today).name}", f"/reports/monthly/{month_of(today).name}"):
        page, printed = attacked.get(path), fetched(attacked, f"{path}.pdf")
        assert page.status == 200
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page.text
        assert "<script>alert" not in page.text
        assert "<b>it stays" not in page.text
        assert not set("\u202e\x00") & set(page.text)
        assert '<script>alert(1)</script>{{ 7*7 }} gnp.exe =1+1 #eval("1")' in words(printed)


def test_an_empty_site_says_what_to_do(tmp_path: Path) -> None:
    site = Site.open(tmp_path / "site", create=True)
    running = start(site.path)
    try:
        anna = come_in(running.base, running.link, "anna")
        page = anna.get("/reports")
        assert "Nothing was found yet" in page.text
        assert "asepsis assess CAPTURE" in page.text
        at = re.findall(r'href="(/reports/(?:weekly|monthly)/[^"]+)"', page.text)
        assert len(at) == 24
        for path in at[:4]:
            assert fetched(anna, path) if path.endswith(".pdf") else anna.get(path).status == 200
    finally:
        stop(running)
