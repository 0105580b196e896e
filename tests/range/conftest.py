"""Daemons of the range on loopback: started as the range starts them, ended with the test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

RANGE = Path(__file__).resolve().parents[2] / "range"
sys.path.append(str(RANGE))
ROOT = RANGE.parent
WAIT_S = 30.0  # a busy machine takes its time
LONG_S = 400

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start("hl7_receiver", "--listen", ...)` runs a daemon and gives it once it has said that it listens."""
    running: list[subprocess.Popen[str]] = []

    def run(name: str, *options: object) -> subprocess.Popen[str]:
        words = [sys.executable, str(RANGE / "daemons" / f"{name}.py"), *map(str, options)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ""})
        running.append(process)
        assert process.stdout
        if not process.stdout.readline().startswith("listening"):
            process.kill()
            pytest.fail(f"{name} does not listen: {process.communicate()[1][-800:]}")
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def port() -> Callable[[], int]:
    """A port of loopback that nobody listens on."""

    def free() -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    return free


@dataclass(frozen=True)
class Range:
    """`range` with a hospital of its own, beside any other on this machine."""

    state: Path
    limit: float = LONG_S

    def __call__(self, *words: object, expect: int = 0, env: dict[str, str] | None = None) -> str:
        done = self.run(*words, env=env)
        assert done.returncode == expect, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout if expect in (0, 4) else done.stderr

    def run(self, *words: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        full = {**os.environ, "ASEPSIS_RANGE": str(self.state), **(env or {})}
        command = [sys.executable, str(RANGE), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, env=full, timeout=self.limit, cwd=ROOT, check=False)

    @property
    def first_process(self) -> int:
        return int(json.loads((self.state / "up.json").read_text())["pid"])


def until(status: Path, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until a daemon's status file says so, and give it."""
    end, said = time.monotonic() + WAIT_S, {}
    while time.monotonic() < end:
        if status.exists():
            said = json.loads(status.read_text())
            if holds(said):
                return said
        time.sleep(0.02)
    pytest.fail(f"{status.name} still says {said}")
