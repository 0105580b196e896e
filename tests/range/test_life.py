"""What ends a hospital ends nothing else, and what is wrong with its folder is said in a line. Needs root, and no hospital."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import RANGE, Range

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as `range` does")
SLEEP = "import time; print('well', flush=True); time.sleep(60)"


@contextmanager
def somebody(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A process with these words behind its program's name."""
    with subprocess.Popen([sys.executable, "-c", SLEEP, *map(str, words)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def held(state: Path) -> Iterator[None]:
    """A hospital's lock, held as if one were up."""
    state.mkdir(exist_ok=True)
    with (state / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize("note", [True, False])
def test_down_kills_nobody_but_its_own_first_process(tmp_path: Path, note: bool) -> None:
    """Neither whoever has the number that was noted, nor the first process of a folder whose name begins alike."""
    one = Range(tmp_path / "state")
    with held(one.state), somebody("first-process", "--state", f"{one.state}2") as foreign:
        if note:
            (one.state / "up.json").write_text(json.dumps({"pid": foreign.pid}))
        assert "somebody else holds" in one("down", expect=3)
        assert foreign.poll() is None


@pytest.mark.parametrize("note", [None, "[1]", '{"pid": "x"}', '{"pid": 1}'])
@pytest.mark.parametrize("verb", ["health", "record", "status"])
def test_one_that_still_starts_is_said(tmp_path: Path, verb: str, note: str | None) -> None:
    one = Range(tmp_path / "state")
    with held(one.state):
        if note:
            (one.state / "up.json").write_text(note)
        assert "still starting" in one(verb, expect=3)


def test_a_file_in_the_place_of_its_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for state in (tmp_path / "file", tmp_path / "file" / "below"):
        told = Range(state)("up", "--quick", expect=3)
        assert "ASEPSIS_RANGE names a folder" in told
        assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["up", "--scratch", "banana"], "a size is written 8G"),
        (["up", "--scratch=-5"], "a size is written 8G"),
        (["up", "--scratch", "0"], "a size is written 8G"),
        (["day", "--date", "9999-12-31"], "one of 1970 to 2105"),
        (["day", "--date", "1960-01-01"], "one of 1970 to 2105"),
        (["day", "--date", "soon"], "soon"),
    ],
)
def test_what_no_hospital_could_do_is_refused_as_it_is_asked(tmp_path: Path, words: list[str], said: str) -> None:
    assert said in Range(tmp_path / "state")(*words, expect=2)


def test_fewer_hosts_than_none_is_refused(tmp_path: Path) -> None:
    assert "--hosts -5: from 0" in Range(tmp_path / "state")("up", "--quick", "--hosts", "-5", expect=3)


def test_a_service_that_is_none_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    text = (RANGE / "topology.toml").read_text()
    (tmp_path / "mine.toml").write_text(text.replace('services = ["ftp"]', 'services = ["ftpd"]', 1))
    told = Range(tmp_path / "state")("up", "--quick", "--topology", tmp_path / "mine.toml", expect=3)
    assert "(mr01): services: ftpd is none of" in told
    assert "network" not in told
