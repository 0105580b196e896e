"""Parts under one roof."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from asepsis.console import supervisor
from asepsis.console.parts import Part, read, write
from asepsis.console.supervisor import Wanted


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_S", 0.01)


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_part_that_ends_is_started_again_and_the_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[list[Part]] = []

    def changed(parts: list[Part]) -> None:
        told.append(parts)
        if parts[1].restarts == 2 and all(part.running for part in parts):
            os.kill(os.getpid(), signal.SIGTERM)

    stays = _python("import signal; signal.pause()")
    supervisor.Supervisor([Wanted("one", stays), Wanted("two", _python("raise SystemExit(7)"))], changed).run()
    assert {parts[0].restarts for parts in told} == {0}
    assert not any(part.running for part in told[-1])
    assert told[-1][1].said == "ended with 7"
    assert "the two ended with 7" in capsys.readouterr().err


def test_a_part_that_tells_runs_once_it_is_ready() -> None:
    told: list[bool] = []

    def changed(parts: list[Part]) -> None:
        told.append(parts[0].running)
        if parts[0].running:
            os.kill(os.getpid(), signal.SIGTERM)

    ready = _python("from asepsis.console.supervisor import tell_ready; tell_ready(); import signal; signal.pause()")
    supervisor.Supervisor([Wanted("page", ready, tells=True)], changed).run()
    assert told == [False, True, False]


def test_a_part_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "STOP_S", 0.2)
    fifo = tmp_path / "deaf"
    os.mkfifo(fifo)
    deaf = _python(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(fifo)!r}, 'w').close(); signal.pause()")
    told: list[list[Part]] = []

    def stop() -> None:
        fifo.read_bytes()
        os.kill(os.getpid(), signal.SIGINT)

    waits = threading.Thread(target=stop)
    waits.start()
    supervisor.Supervisor([Wanted("deaf", deaf)], told.append).run()
    waits.join()
    assert not told[-1][0].running


def test_how_parts_are_is_kept_for_who_asks(tmp_path: Path) -> None:
    assert read(tmp_path) == []
    (tmp_path / "console").mkdir()
    parts = [Part("sensor", True, "2026-11-30T08:00:00+00:00", 2, "was killed by SIGKILL")]
    write(tmp_path, parts)
    assert read(tmp_path) == parts
    (tmp_path / "console" / "parts.json").write_text("[{]")
    assert read(tmp_path) == []
