"""`asepsis up`: everything starts, stays, and stops together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from asepsis.console.parts import Part, read
from asepsis.console.supervisor import Supervisor, Wanted

from .browser import Visitor
from .conftest import Running, start, stop


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return start(tmp_path / "site")


def _children(running: Running) -> list[int]:
    """The console, and what runs jobs."""
    return [int(pid) for pid in Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()]


def test_a_part_that_is_killed_comes_back(running: Running) -> None:
    child = _children(running)[0]
    os.kill(child, signal.SIGKILL)
    assert running.process.stdout
    assert "was killed by SIGKILL; it is started again" in running.process.stdout.readline()
    assert running.process.stdout.readline().startswith("Ready")
    assert json.loads(Visitor(running.base).get("/readyz").text) == {"ready": True}
    (part,) = (part for part in read(running.site.path) if part.name == "console")
    assert (part.restarts, part.said) == (1, "was killed by SIGKILL")
    stop(running)


def test_it_stops_whole_and_the_link_works_on_in_the_next_run(running: Running) -> None:
    children = _children(running)
    assert running.link
    assert stop(running) == ""
    assert running.process.returncode == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    again = start(running.site.path, "--plain-http")
    assert Visitor(again.base).get(running.link.partition("/welcome/")[1] + running.link.rpartition("/")[2]).status == 200
    stop(again)


def test_a_name_that_is_not_its_own_is_refused(running: Running) -> None:
    assert Visitor(running.base).get("/account/login/", Host="evil.example").status == 400
    stop(running)


def test_for_programs_one_object_says_that_it_is_ready(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "asepsis", "up", "--site", str(tmp_path / "site"), "--bind", f"127.0.0.1:{port}", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    told = json.loads(process.stdout.readline())
    assert told["ready"] == f"https://127.0.0.1:{port}"
    assert told["first_administrator"].startswith(f"https://127.0.0.1:{port}/welcome/")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == ""


def test_what_a_part_says_is_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "print('146 packets', flush=True); from asepsis.console.supervisor import tell_ready; tell_ready(); import signal; signal.pause()"
    )

    def changed(parts: list[Part]) -> None:
        if parts[0].running:
            os.kill(os.getpid(), signal.SIGTERM)

    Supervisor([Wanted("sensor", [sys.executable, "-c", code], tells=True)], changed).run()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "146 packets\n")


def _refused(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "asepsis", "up", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr


def test_what_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    site = str(tmp_path / "site")
    assert "write 127.0.0.1:8443" in _refused("--site", site, "--bind", "8443")
    assert "for this machine alone" in _refused("--site", site, "--bind", "0.0.0.0:8443", "--plain-http")
    assert "comes with its key" in _refused("--site", site, "--bind", "127.0.0.1:0" + "8443", "--certificate", "x.pem")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "cannot listen there" in _refused("--site", site, "--bind", f"127.0.0.1:{taken.getsockname()[1]}")
    assert not (tmp_path / "site").exists()
