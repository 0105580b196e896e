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

from .conftest import Range

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
