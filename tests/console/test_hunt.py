"""The page Hunt, on a console that runs."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import time
import urllib.parse

import pytest

from asepsis.console.role import Role
from asepsis.journal.service import Entry, entries

from .browser import Page, Visitor
from .conftest import Running

ENDLESS = "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t"


def ask(visitor: Visitor, text: str, **more: str) -> Page:
    """The answer, once it is there."""
    visitor.get("/hunt")
    page = visitor.post("/hunt/ask", text=text, **more)
    return look(visitor, page) if "/hunt/answers/" in page.url else page


def look(visitor: Visitor, page: Page) -> Page:
    until = time.monotonic() + 60
    while "Look again" in page.text and time.monotonic() < until:
        page = visitor.get(path(page))
    return page


def path(page: Page) -> str:
    return urllib.parse.urlsplit(page.url).path


def box(page: Page) -> str:
    found = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page.text)
    return html.unescape(found.group(1)) if found else ""


def journalled(console: Running, *acts: str) -> list[Entry]:
    return [entry for entry in entries(console.site) if entry.act in acts]


def test_one_asks_reads_and_takes_the_answer_away(console: Running, people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    text = "select calling_ae, count(*) as n, '=1+1' as f, '<script>alert(1)</script>' as s from dicom_association group by calling_ae"
    page = ask(analyst, text)
    assert "WS1" in page.text
    assert "<rect" in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert box(page) == text
    taken = analyst.get(f"{path(page)}/csv")
    assert taken.headers["Content-Disposition"].startswith('attachment; filename="hunt-')
    rows = list(csv.DictReader(io.StringIO(taken.text)))
    assert {row["f"] for row in rows} == {"'=1+1"}
    whole = json.loads(analyst.get(f"{path(page)}/json").text)
    assert [row["calling_ae"] for row in whole] == [row["calling_ae"] for row in rows]
    asked, *took = journalled(console, "lake.ask", "lake.take_answer")[-3:]
    assert (asked.who, asked.detail["text"]) == ("console:analyst", text)
    assert [(entry.who, entry.subject, entry.detail["file"]) for entry in took] == [
        ("console:analyst", asked.subject, "rows.csv"),
        ("console:analyst", asked.subject, "rows.json"),
    ]


def test_without_scripts_the_page_says_where_to_look_again_and_htmx_gets_a_part(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    analyst.get("/hunt")
    page = analyst.post("/hunt/ask", text=ENDLESS)
    again = re.findall(r'id="again" href="([^"#]+)', page.text)[0]
    assert again.startswith(f"{path(page)}?"), "to the address where it is a browser only scrolls"
    assert 'hx-trigger="every 1s"' in page.text
    part = analyst.get(path(page), HX_Request="true")
    assert part.text.lstrip().startswith('<section id="answer"')
    assert "of yours is still running" in analyst.post("/hunt/ask", text="select 1").text
    stopped = look(analyst, analyst.post(f"{path(page)}/stop", next="/hunt"))
    assert "It was stopped" in stopped.text
    assert "hx-trigger" not in analyst.get(path(page), HX_Request="true").text


def test_pages_of_an_answer(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    page = ask(analyst, "select i as n from range(120) t(i)")
    assert "Rows 1 to 50" in page.text
    assert "Rows 101 to 120" in analyst.get(f"{path(page)}?page=3").text
    for odd in ("0", "-1", "99999999", "x", "\u00b2", "4"):
        assert "Rows " in analyst.get(f"{path(page)}?page={urllib.parse.quote(odd)}").text


def test_an_address_fills_the_box_and_asks_nothing(console: Running, people: dict[Role, Visitor]) -> None:
    before = len(journalled(console, "lake.ask"))
    analyst = people[Role.ANALYST]
    text = 'select 1 as "</textarea><script>alert(1)</script>"'
    page = analyst.get(f"/hunt?q={urllib.parse.quote(text)}")
    assert box(page) == text
    assert "<script>alert" not in page.text
    assert "answers/" not in analyst.last.url
    assert len(journalled(console, "lake.ask")) == before
    assert "from dicom_association" in box(analyst.get("/hunt?query=dicom-associations-by-calling-ae"))
    assert analyst.get("/hunt?query=../../etc/passwd").status == 404


def test_a_finding_leads_to_its_rows(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    first = re.findall(r'href="/findings/(F\w+)"', analyst.get("/").text)[0]
    finding = analyst.get(f"/findings/{first}").text
    link = html.unescape(re.findall(r'href="(/hunt\?since=[^"]+)"', finding)[0])
    filled = analyst.get(link)
    span = dict(re.findall(r'type="datetime-local" name="(since|until)" value="([^"]+)"', filled.text))
    assert set(span) == {"since", "until"}, "the lake is read for that time alone"
    page = ask(analyst, box(filled), **span)
    cited = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["event"]
    assert all(event in page.text.partition('id="answer"')[2] for event in cited[:50])
    assert 'name="until" value=""' in analyst.get("/hunt?last=9999-12-31T23:59").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "there is no query"),
        ({"text": "select 1", "since": "yesterday"}, "not a time"),
        ({"text": "x" * 20_001}, "longer than"),
        ({}, "there is no query"),
    ],
)
def test_what_cannot_be_asked_stays_in_the_box(people: dict[Role, Visitor], fields: dict[str, str], said: str) -> None:
    analyst = people[Role.ANALYST]
    analyst.get("/hunt")
    page = analyst.post("/hunt/ask", **fields)
    assert (page.status, said in page.text) == (422, True)
    assert box(page).strip("\x00") == fields.get("text", "").strip("\x00")


def test_what_is_wrong_is_told_with_its_place(people: dict[Role, Visitor]) -> None:
    page = ask(people[Role.ANALYST], "select *\nfrm conn")
    assert "line 2, column 5" in page.text
    assert box(page) == "select *\nfrm conn"


def test_anothers_answer_is_not_there_but_for_auditors(people: dict[Role, Visitor]) -> None:
    page = ask(people[Role.ANALYST], "select 4711 as number")
    for end in ("", "/csv", "/json"):
        assert people[Role.ADMINISTRATOR].get(path(page) + end).status == 404
        assert people[Role.AUDITOR].get(path(page) + end).status == 200
    assert path(page) not in people[Role.ADMINISTRATOR].get("/hunt").text
    audited = people[Role.AUDITOR].get("/hunt")
    assert path(page) in audited.text
    assert "<textarea" not in audited.text
    people[Role.ADMINISTRATOR].get("/hunt")
    refused = people[Role.ADMINISTRATOR].post(f"{path(page)}/stop", next="/hunt")
    assert refused.said() == ["this query is another&#x27;s: " + path(page).rpartition("/")[2]]
    assert people[Role.VIEWER].get("/hunt").status == 403


def test_a_form_of_elsewhere_asks_nothing(console: Running, people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    analyst.last = Page(200, "", "")
    before = len(journalled(console, "lake.ask", "lake.keep_query"))
    for at in ("/hunt/ask", "/hunt/queries"):
        assert analyst.post(at, text="select 1", name="x").status == 403
        analyst.last = Page(200, "", "")
    assert len(journalled(console, "lake.ask", "lake.keep_query")) == before


def test_a_query_is_kept_for_all_and_changed_by_who_kept_it(console: Running, people: dict[Role, Visitor]) -> None:
    analyst, biomed, leads = people[Role.ANALYST], people[Role.BIOMED], people[Role.ADMINISTRATOR]
    analyst.get("/hunt")
    assert "there is no query" in analyst.post("/hunt/queries", name="Pumps", text="").text
    assert "must be a text" in analyst.post("/hunt/queries", name="", text="select 1").text
    assert "a query of that name" in analyst.post("/hunt/queries", name="tls: Versions", text="select 1").text
    kept = analyst.post("/hunt/queries", name="Pumps <b>", text="select 1 as pumps")
    assert kept.said() == ["Kept for all: Pumps &lt;b&gt;"]
    id = urllib.parse.parse_qs(urllib.parse.urlsplit(kept.url).query)["query"][0]
    assert "a query of that name" in analyst.post("/hunt/queries", name="PUMPS <b>", text="select 2").text
    page = biomed.get(f"/hunt?query={id}")
    assert box(page) == "select 1 as pumps"
    assert "kept by analyst" in page.text
    assert "Rename or remove" not in page.text
    for act in ("rename", "forget"):
        assert biomed.post(f"/hunt/queries/{id}/{act}", name="Mine", next="/hunt").said()[0].startswith("this query is another")
        biomed.get("/hunt")
    analyst.get(f"/hunt?query={id}")
    assert analyst.post(f"/hunt/queries/{id}/rename", name="Pumps", next="/hunt").said() == ["It is called Pumps now."]
    leads.get(f"/hunt?query={id}")
    assert leads.post(f"/hunt/queries/{id}/forget", next="/hunt").said() == ["Kept no longer: Pumps"]
    assert analyst.get(f"/hunt?query={id}").status == 404
    analyst.get("/hunt")
    assert "no such query" in analyst.post("/hunt/queries/tls-versions/forget", next="/hunt").said()[0]
    told = [
        (entry.act, entry.who, entry.subject) for entry in journalled(console, "lake.keep_query", "lake.rename_query", "lake.forget_query")
    ]
    assert told == [
        ("lake.keep_query", "console:analyst", "Pumps <b>"),
        ("lake.rename_query", "console:analyst", "Pumps <b>"),
        ("lake.forget_query", "console:anna", "Pumps"),
    ]


def test_streams_are_found_by_their_columns(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    whole = analyst.get("/hunt/streams?find=user%20agent")
    assert "user_agent" in whole.text
    assert "<h1" in whole.text
    assert "<h1" not in analyst.get("/hunt/streams?find=hl7", HX_Request="true").text
    assert "No stream has that" in analyst.get("/hunt/streams?find=%3Cscript%3E").text
