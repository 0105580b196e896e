"""Captures that are given on the page become jobs: what each person sees of them, and what comes of hostile ones."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import ssl
import subprocess
import urllib.parse
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from asepsis.console.jobs.captures import LARGEST, MOST
from asepsis.journal.service import entries
from asepsis.kit.size import show

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


def lying(running: Running, visitor: Visitor | None = None) -> list[Path]:
    """The captures that lie on the disk; those of a job that has just ended have a few looks to go."""
    for _ in range(100 if visitor else 1):
        found = sorted((running.site.path / "console" / "captures").iterdir())
        if not found or visitor is None:
            break
        visitor.get("/healthz")
    return found


def ended(running: Running, visitor: Visitor, page: Page) -> str:
    """What the page of the job that was given last says once it has ended, which the journal tells."""
    id = re.findall(r'id="(J[0-9a-f]+)"', page.text)[0]
    journal = running.site.journal / "journal.jsonl"
    with subprocess.Popen(["tail", "-n", "+1", "-f", journal], stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout
        next(line for line in tail.stdout if '"act":"jobs.end"' in line and id in line)
        tail.kill()
    while True:
        text = visitor.get(f"/jobs/{id}").text
        if re.search(r'class="job (done|broken|cancelled)"', text):
            return text


def test_a_capture_is_given_on_the_empty_worklist_and_assessed(running: Running, anna: Visitor) -> None:
    page = anna.get("/")
    assert 'action="/captures"' in page.text
    assert f"at most {MOST} files and {show(LARGEST)} at once" in page.text
    page = anna.give("/captures", MORNING.read_bytes(), name="../../MEIER_HANS.pcap", next="/")
    assert page.said(), (page.status, page.url, page.text)
    assert page.said()[0].startswith("Taken: 1 capture, ")
    text = ended(running, anna, page)
    assert 'class="job done"' in text
    assert re.search(r"[1-9][\d,]* packets from ", text), text
    assert lying(running, anna) == []
    assert 'class="decision"' in anna.get("/").text
    assert 'action="/captures"' not in anna.get("/").text
    acts = [(entry.who, entry.act) for entry in entries(running.site)]
    assert acts.count(("console:anna", "jobs.take")) == acts.count(("console:anna", "jobs.end")) == 1
    assert ("console:anna", "lake.ingest") in acts
    kept = [file for file in running.site.path.rglob("*") if file.is_file() and b"MEIER_HANS" in file.read_bytes()]
    assert kept == [], "names of files are kept nowhere"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04" + bytes(100), "The capture: is not a capture; give pcap or pcapng"),
        (b"<script>alert(1)</script>" * 9, "is not a capture"),
        (gzip.compress(bytes(64 << 20)), "is not a capture"),
        (gzip.compress(b"\xd4\xc3\xb2\xa1" + bytes(10)), "The capture"),
        (b"\x1f\x8b\x08\x00" + bytes(40), "damaged"),
        (b"\x28\xb5\x2f\xfd\x00\xff" + bytes(40), "The capture"),
    ],
    ids=["zip", "page", "zeros", "cut", "damaged", "window"],
)
def test_what_is_no_capture_is_told_in_the_job(running: Running, anna: Visitor, data: bytes, said: str) -> None:
    anna.get("/jobs")
    text = ended(running, anna, anna.give("/captures", data, name="evil.pcap", next="/jobs"))
    assert 'class="job broken"' in text
    assert said in text
    assert str(running.site.path) not in text
    assert lying(running, anna) == []


def test_a_capture_that_is_cut_gives_what_it_has_and_says_so(running: Running, anna: Visitor) -> None:
    anna.get("/jobs")
    whole = gzip.decompress(MORNING.read_bytes())
    text = ended(running, anna, anna.give("/captures", whole[: len(whole) // 2 + 7], MORNING.read_bytes(), next="/jobs"))
    assert 'class="job done"' in text
    assert "2 captures, " in text
    assert "Capture 1: is cut after packet" in text


def test_what_cannot_be_taken_is_said_on_the_page_and_nothing_of_it_stays(running: Running, anna: Visitor) -> None:
    anna.get("/jobs")
    assert "no capture was given" in anna.give("/captures", next="/jobs").said()[0]
    assert "capture 2 is empty" in anna.give("/captures", b"x", b"", next="/jobs").said()[0]
    assert "more than 50 captures" in anna.give("/captures", *[b"x"] * 51, next="/jobs").said()[0]
    assert anna.last.url.endswith("/jobs")
    claimed = anna.give("/captures", b"x", headers={"Content-Length": str(5 * 10**9)}, next="/jobs")
    assert "more than 4.0 GB" in claimed.said()[0]
    assert lying(running, anna) == []


def test_only_who_judges_gives_captures_and_nobody_sends_more_than_is_asked_for(running: Running, anna: Visitor) -> None:
    stranger = Visitor(running.base)
    assert "/account/login/" in stranger.give("/captures", MORNING.read_bytes()).url
    anna.get("/people")
    (said,) = anna.post("/people/invite", role="auditor", next="/people").said()
    auditor = come_in(running.base, said.rpartition(" ")[2], "otto")
    page = auditor.get("/jobs")
    assert "Has ended" in page.text
    assert 'action="/captures"' not in page.text
    assert auditor.give("/captures", MORNING.read_bytes()).status == 403
    assert auditor.post("/jobs/cancel", id="J0").status == 403
    assert stranger.give("/account/login/", bytes(5 << 20)).status == 413
    assert lying(running, anna) == []


def test_a_form_of_elsewhere_gives_no_capture(running: Running, anna: Visitor) -> None:
    before = len(re.findall(r'class="job ', anna.get("/jobs").text))
    anna.get("/healthz")
    assert anna.give("/captures", MORNING.read_bytes(), csrfmiddlewaretoken="x" * 64).status == 403
    assert len(re.findall(r'class="job ', anna.get("/jobs").text)) == before
    assert lying(running, anna) == []


def bomb(members: int) -> bytes:
    """A capture of so many times 16 MiB of one packet over and over, of a thousandth of that size."""
    packet = b"\0\0\0\0\0\0\0\0\x40\0\0\0\x40\0\0\0" + b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + bytes(50)
    head = b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(8) + b"\xff\xff\0\0\x01\0\0\0"
    return gzip.compress(head) + gzip.compress(packet * ((16 << 20) // len(packet))) * members


def running_job(visitor: Visitor) -> str:
    """The id of the job that runs, once some of its capture is read."""
    while True:
        found = re.search(r'class="job running" id="(J\w+)".*?[0-9]+ % is read', visitor.get("/jobs").text.replace("\n", " "))
        if found:
            return found.group(1)


def test_one_that_runs_and_one_that_waits_are_cancelled(running: Running, anna: Visitor) -> None:
    anna.get("/jobs")
    anna.give("/captures", bomb(600), next="/jobs")
    first = running_job(anna)
    anna.give("/captures", bomb(1), next="/jobs")
    (second,) = re.findall(r'class="job waiting" id="(J\w+)"', anna.last.text)
    assert anna.post("/jobs/cancel", id=second, next="/jobs").said()[0].startswith("Cancelled: 1 capture")
    assert anna.post("/jobs/cancel", id=first, next="/jobs").said()[0].startswith("It stops in a moment")
    assert 'class="job cancelled"' in ended(running, anna, Page(200, f'id="{first}"', ""))
    assert "nothing to cancel" in anna.post("/jobs/cancel", id=first, next="/jobs").said()[0]
    assert anna.get("/jobs/J0").status == 404
    assert lying(running, anna) == []
    acts = [(entry.act, entry.subject, entry.detail) for entry in entries(running.site) if entry.act == "jobs.cancel"]
    assert acts == [("jobs.cancel", second, {"was": "waiting"}), ("jobs.cancel", first, {"was": "running"})]


def test_a_program_gives_captures_and_asks_what_came_of_them(running: Running, anna: Visitor) -> None:
    program = Visitor(running.base)
    assert program.give("/api/v1/captures", b"x").status == 401
    until = (date.today() + timedelta(days=30)).isoformat()
    tokens = {}
    for scope in ("captures:give", "jobs:read"):
        anna.get("/clients")
        (said,) = anna.post("/clients/admit", name=scope, scopes=scope, until=until, next="/clients").said()
        tokens[scope] = {"Authorization": f"Bearer {said.rpartition(' ')[2]}"}
    giving, reading = tokens["captures:give"], tokens["jobs:read"]
    assert program.give("/api/v1/captures", b"x", headers=reading).status == 403
    assert program.get("/api/v1/jobs", **giving).status == 403
    refused = program.give("/api/v1/captures", headers=giving)
    assert (refused.status, refused.headers["Content-Type"]) == (400, "application/problem+json")
    assert "no capture was given" in refused.text
    crooked = {**giving, "Content-Type": "multipart/form-data"}
    assert "the form is not understood" in program.give("/api/v1/captures", b"x", headers=crooked).text
    assert program.last.status == 400
    taken = program.give("/api/v1/captures", MORNING.read_bytes(), headers=giving)
    assert (taken.status, json.loads(taken.text)["by"]) == (202, "api:captures:give")
    at = taken.headers["Location"]
    ended(running, anna, Page(200, f'id="{json.loads(taken.text)["id"]}"', ""))
    job = json.loads(program.get(at, **reading).text)
    assert (job["state"], job["read_percent"], at) == ("done", 100, f"/api/v1/jobs/{job['id']}")
    assert json.loads(program.get("/api/v1/jobs", **reading).text)[0] == job
    assert program.get("/api/v1/jobs/J0", **reading).status == 404
    assert ("api:captures:give", "jobs.take") in [(entry.who, entry.act) for entry in entries(running.site)]
    assert lying(running, anna) == []


def test_a_connection_that_brought_captures_serves_on(running: Running, anna: Visitor) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    line = http.client.HTTPSConnection(urllib.parse.urlsplit(running.base).netloc, context=trusting)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', anna.get("/jobs").text)
    assert token
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = f"--e\r\n{part.format('csrfmiddlewaretoken', '')}{token[1]}\r\n--e\r\n{part.format('captures', '; filename=a')}".encode()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in anna.cookies)
    headers = {"Cookie": cookies, "Referer": f"{running.base}/", "Content-Type": "multipart/form-data; boundary=e"}
    line.request("POST", "/captures", body + bytes(1 << 20) + b"\r\n--e--\r\n", headers)
    taken = line.getresponse()
    assert (taken.status, taken.getheader("Location"), taken.read()) == (302, "/jobs", b"")
    for _ in range(3):
        line.request("GET", "/static/console/console.css")
        sheet = line.getresponse()
        assert (sheet.status, len(sheet.read())) == (200, int(sheet.getheader("Content-Length") or 0))
    line.close()
    ended(running, anna, anna.get("/jobs"))
