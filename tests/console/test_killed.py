"""Parts that are killed in the middle of a change: nothing stays half done, and what can go on goes on."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import urllib.parse
from pathlib import Path

import pytest

from asepsis.console.parts import read
from asepsis.journal.service import entries, stored, verify
from asepsis.lake.service import open_lake

from .browser import Visitor, come_in
from .conftest import Running, start, stop
from .test_jobs import MORNING, bomb, ended, lying, running_job


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return start(tmp_path / "site")


@pytest.fixture
def anna(running: Running) -> Visitor:
    return come_in(running.base, running.link, "anna")


def kill(running: Running, module: str) -> None:
    """Kills a part, and waits until all run again."""
    for pid in Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split():
        if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(int(pid), signal.SIGKILL)
    assert running.process.stdout
    assert "was killed by SIGKILL; it is started again" in running.process.stdout.readline()
    assert running.process.stdout.readline().startswith("Ready")


def test_a_worker_that_is_killed_begins_its_job_anew_once(running: Running, anna: Visitor) -> None:
    anna.get("/jobs")
    anna.give("/captures", bomb(600), next="/jobs")
    id = running_job(anna)
    kill(running, "jobs.worker")
    assert running_job(anna) == id
    kill(running, "jobs.worker")
    text = ended(running, anna, anna.get("/jobs"))
    assert 'class="job broken"' in text
    assert "was killed in the middle of it, twice" in text
    assert lying(running, anna) == []
    assert not list((running.site.lake / ".staging").glob("*/*")) or not list(running.site.lake.glob("conn/**/*.parquet"))
    assert next(part.restarts for part in read(running.site.path) if part.name == "jobs") == 2
    assert "was killed by SIGKILL" in anna.get("/about").text
    anna.get("/jobs")
    anna.give("/captures", MORNING.read_bytes(), next="/jobs")
    assert 'class="job done"' in ended(running, anna, anna.last)
    stop(running)
    assert verify(running.site, stored(running.site)).holds
    acts = [(entry.act, entry.detail.get("state")) for entry in entries(running.site) if entry.act.startswith("jobs.")]
    assert acts == [("jobs.take", None), ("jobs.end", "broken"), ("jobs.take", None), ("jobs.end", "done")]


def test_a_job_that_is_broken_off_by_a_clean_stop_goes_on_in_the_next_run(running: Running, anna: Visitor) -> None:
    anna.get("/jobs")
    anna.give("/captures", bomb(300), next="/jobs")
    id = running_job(anna)
    assert stop(running) == ""
    _goes_on(running, anna, id)


def test_a_job_whose_checks_run_goes_on_in_the_next_run_too(running: Running, anna: Visitor) -> None:
    anna.get("/jobs")
    page = anna.give("/captures", MORNING.read_bytes(), next="/jobs")
    while "the checks run" not in page.text:
        page = anna.get("/jobs")
    assert stop(running) == ""
    _goes_on(running, anna, re.findall(r'id="(J[0-9a-f]+)"', page.text)[0])


def _goes_on(running: Running, anna: Visitor, id: str) -> None:
    """A job that waits for the next run has its capture still, and is done there."""
    (capture,) = lying(running)
    assert capture.name.startswith(id)
    assert capture.stat().st_mode & 0o777 == 0o600
    again = start(running.site.path)
    anna.base = again.base
    text = ended(running, anna, anna.get("/jobs"))
    assert 'class="job done"' in text
    assert lying(again, anna) == []
    stop(again)


def _half_an_upload(running: Running, visitor: Visitor) -> ssl.SSLSocket:
    """A browser that has sent half a capture, and holds the line."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    at = urllib.parse.urlsplit(running.base)
    line = trusting.wrap_socket(socket.create_connection((at.hostname or "", at.port or 0)))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', visitor.get("/jobs").text)
    assert token
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = f"--e\r\n{part.format('csrfmiddlewaretoken', '')}{token[1]}\r\n--e\r\n{part.format('captures', '; filename=a')}".encode()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies)
    head = f"POST /captures HTTP/1.1\r\nHost: {at.netloc}\r\nReferer: {running.base}/\r\nCookie: {cookies}\r\n"
    head += f"Content-Type: multipart/form-data; boundary=e\r\nContent-Length: {1 << 30}\r\n\r\n"
    line.sendall(head.encode() + body + bytes(32 << 20))
    return line


def test_a_console_that_is_killed_in_an_upload_keeps_nothing_of_it(running: Running, anna: Visitor) -> None:
    line = _half_an_upload(running, anna)
    assert lying(running) == [], "it has no name before all of it is there"
    kill(running, "console.server")
    line.close()
    assert lying(running) == []
    assert "No job has run yet" in anna.get("/jobs").text
    anna.give("/captures", MORNING.read_bytes(), next="/jobs")
    kill(running, "console.server")
    text = ended(running, anna, anna.get("/jobs"))
    assert 'class="job done"' in text
    with open_lake(running.site) as lake:
        assert lake.last("conn") is not None
    stop(running)


def test_a_browser_that_leaves_in_an_upload_leaves_nothing(running: Running, anna: Visitor) -> None:
    line = _half_an_upload(running, anna)
    line.shutdown(socket.SHUT_RDWR)
    line.close()
    assert "No job has run yet" in anna.get("/jobs").text
    assert stop(running) == ""
    assert lying(running) == []
