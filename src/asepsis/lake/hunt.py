"""Queries of people that run apart from the process that shows them, so that none can take its memory, and each can be stopped.

A run has a folder of its own in the site's folder `hunt`: what was asked, and the answer, for an hour. Whether it still runs is known to
the process that started it and to no other: it ends with that.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from asepsis.kit import files
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.output import iso
from asepsis.lake import answer_files
from asepsis.lake.question import HUNT, Question
from asepsis.lake.wall import GRACE_S

IN_ALL = 3
"""Queries that run at once; of one person it is one."""
KEPT_S, KEPT_OF_ONE, KEPT_BYTES = 3600.0, 5, 1 << 30
"""How long an answer is kept, how many of one person, and how much of all."""
LONGEST_S = (HUNT.seconds or 0) + GRACE_S + 30
"""When a process that answers is ended for good: it limits itself before, and needs some time to write."""
_ID = re.compile(r"[0-9a-f]{16}")
_SWEEP_S = 60.0
# What a process needs to run at all: of the rest, what a query could get at would be told.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG", "LC_ALL")


class State(StrEnum):
    """How a run is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Run:
    """A query that `who` asked. `answer` is what `answer_files` tells of it."""

    id: str
    who: str
    asked: datetime
    question: Question
    state: State
    answer: dict[str, Any]
    folder: Path


@dataclass(slots=True)
class _Running:
    who: str
    process: subprocess.Popen[bytes] | None = None
    unwanted: bool = False


class Hunts:
    """The queries over one lake whose runs are kept in `folder`."""

    def __init__(self, folder: Path, lake: Path) -> None:
        self._folder, self._lake = folder, lake
        self._lock, self._running = threading.Lock(), dict[str, _Running]()
        self._sweeping = False

    def begin(self, who: str, asked: Question, announce: Callable[[str], object]) -> Run:
        """Starts a run, once `announce` has told of it by its id. Raises WrongUse where the person has one already, or too many run."""
        id = self._take(who)
        try:
            announce(id)
            run = self._write(id, who, asked)
            self._start(id, run)
        except BaseException as error:
            with self._lock:
                del self._running[id]
            shutil.rmtree(self._folder / id, ignore_errors=True)
            if isinstance(error, OSError):
                raise files.unwritable(error, self._folder, "make room and ask again") from None
            raise
        self.sweep()
        return self._read(id) or run

    def stop(self, id: str) -> None:
        """Ends a run; what is done stays."""
        with self._lock:
            running = self._running.get(id)
            if running is not None:
                running.unwanted = True
                if running.process is not None:
                    running.process.kill()

    def run(self, id: str) -> Run:
        """One run. Raises WrongUse where there is none, or none any more."""
        found = self._read(id) if _ID.fullmatch(id) else None
        if found is None:
            raise WrongUse("no such answer, or it was kept long enough", id[:40], "ask again")
        return found

    def runs(self) -> Iterator[Run]:
        """Every run that is kept, the newest first."""
        return iter(sorted(filter(None, map(self._read, self._ids())), key=lambda run: run.asked, reverse=True))

    def sweep(self) -> None:
        """Removes answers that were kept long enough, and looks again as long as there are any."""
        self._remove_old()
        with self._lock:
            if not self._sweeping and self._ids():
                self._sweeping = True
                threading.Thread(target=self._keep_sweeping, name="hunt-sweep", daemon=True).start()

    def _take(self, who: str) -> str:
        """A place among those that run."""
        with self._lock:
            # Whose answer is there is about to end.
            busy = [running.who for id, running in self._running.items() if answer_files.read(self._folder / id) is None]
            if who in busy:
                raise WrongUse("a query of yours is still running", todo="wait for it, or stop it")
            if len(busy) >= IN_ALL:
                raise WrongUse(f"{IN_ALL} queries of others are running", todo="wait for a minute")
            id = secrets.token_hex(8)
            self._running[id] = _Running(who)
        return id

    def _write(self, id: str, who: str, asked: Question) -> Run:
        now, folder = datetime.now(UTC), self._folder / id
        self._folder.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700)
        files.create(folder / answer_files.QUESTION, json.dumps({"who": who, "asked": iso(now)} | asked.form()).encode())
        return Run(id, who, now, asked, State.RUNNING, {}, folder)

    def _start(self, id: str, run: Run) -> None:
        with self._lock:
            running = self._running[id]
            # In the lock, so that who stops it now finds what there is to stop.
            running.process = subprocess.Popen(  # noqa: S603 - the command is our own
                [sys.executable, "-m", "asepsis.lake.answering", str(self._lake), str(run.folder)],
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            if running.unwanted:
                running.process.kill()
        threading.Thread(target=self._await, args=(id, running, run.folder), name=f"hunt-{id}", daemon=True).start()

    def _await(self, id: str, running: _Running, folder: Path) -> None:
        assert running.process is not None
        try:
            code = running.process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()
            code = BadInput.exit_code
        assert running.process.stdin is not None
        running.process.stdin.close()
        try:
            _conclude(folder, code, running.unwanted)
        except OSError:
            pass  # the disk is full: it counts as stopped
        finally:
            with self._lock:
                del self._running[id]

    def _read(self, id: str) -> Run | None:
        # In this order: who runs no more has told all that there is.
        runs, folder = id in self._running, self._folder / id
        try:
            told = json.loads((folder / answer_files.QUESTION).read_bytes())
            asked = Question(told["text"], *(told[end] and datetime.fromisoformat(told[end]) for end in ("since", "until")))
            who, moment = told["who"], datetime.fromisoformat(told["asked"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        answer = answer_files.read(folder) or {}
        return Run(id, who, moment, asked, _state(answer, runs), answer, folder)

    def _ids(self) -> list[str]:
        with suppress(OSError):
            return [name for name in os.listdir(self._folder) if _ID.fullmatch(name)]
        return []

    def _remove_old(self) -> None:
        """Those that are too old, too many or too large, the oldest first; none that runs, and what is no run when it is old."""
        of_one, size = Counter[str](), 0
        for run in self.runs():
            of_one[run.who] += 1
            size += _size(run.folder)
            old = (datetime.now(UTC) - run.asked).total_seconds() > KEPT_S
            if run.state is not State.RUNNING and (old or of_one[run.who] > KEPT_OF_ONE or size > KEPT_BYTES):
                shutil.rmtree(run.folder, ignore_errors=True)
        for folder in (self._folder / id for id in self._ids() if self._read(id) is None):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > KEPT_S:
                    shutil.rmtree(folder, ignore_errors=True)

    def _keep_sweeping(self) -> None:
        while True:
            time.sleep(_SWEEP_S)
            self._remove_old()
            with self._lock:
                if not self._ids():
                    self._sweeping = False
                    return


def _size(folder: Path) -> int:
    """Bytes of a run, as far as they are still there."""
    total = 0
    with suppress(OSError):
        for entry in os.scandir(folder):
            with suppress(OSError):
                total += entry.stat().st_size
    return total


def _state(answer: dict[str, Any], runs: bool) -> State:
    if not answer:
        return State.RUNNING if runs else State.STOPPED
    if "error" in answer:
        return State.FAILED
    return State.STOPPED if "stopped" in answer else State.DONE


def _conclude(folder: Path, code: int, unwanted: bool) -> None:
    """Says of a process that ended without a word why, and takes away what it left half done."""
    if answer_files.read(folder) is not None:
        return
    for left in folder.iterdir():
        if left.name != answer_files.QUESTION:
            left.unlink(missing_ok=True)
    if unwanted:
        answer_files.write_stopped(folder)
    elif code == BadInput.exit_code:
        answer_files.write_error(folder, BadInput("the query took longer than the limit", f"{HUNT.seconds:g} s", "narrow it"))
    elif code < 0:
        answer_files.write_error(folder, BadInput("the query needs more memory than the limit", HUNT.memory or "", "narrow it"))
    else:
        answer_files.write_error(folder, BadInput("a bug in asepsis: the query ended without an answer", code, "please report it"))
