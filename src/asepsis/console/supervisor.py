"""Several processes under one roof: one that ends by itself is started again, and all stop together.

A part that ends again and again is started less and less often; one that has run for a while begins with patience anew.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .parts import Part

FIRST_S, MOST_S, PATIENT_S = 1.0, 60.0, 300.0
STOP_S = 15.0
"""So long a part may take to stop before it is killed."""
_STDERR = 2
READY = "ASEPSIS_READY_FD"
"""The variable that tells a part where to write a byte once it is ready."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part that is to run. `tells`: it says by itself when it is ready (`tell_ready`); others are as soon as they run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    tells: bool = False


_LIBC = ctypes.CDLL(None, use_errno=True)
_PDEATHSIG = 1
"""prctl(2), PR_SET_PDEATHSIG."""


def _go_with_parent() -> None:
    """A supervisor that is killed leaves no part behind that nobody would start again."""
    _LIBC.prctl(_PDEATHSIG, signal.SIGTERM)


def tell_ready() -> None:
    """Called by a part that is ready now."""
    if fd := os.environ.pop(READY, ""):
        os.write(int(fd), b"1")
        os.close(int(fd))


@dataclass(slots=True)
class _Process:
    wanted: Wanted
    running: subprocess.Popen[bytes] | None = None
    since: str = ""
    began: float = 0.0
    restarts: int = 0
    wait: float = FIRST_S
    due: float = 0.0
    said: str = ""
    ready: bool = False
    ended: int = -1
    told: int = -1

    def part(self) -> Part:
        return Part(self.wanted.name, self.ready, self.since, self.restarts, self.said)


class Supervisor:
    """Starts `parts` and keeps them going; `changed` is told how they are whenever that changes."""

    def __init__(self, parts: Sequence[Wanted], changed: Callable[[list[Part]], None]) -> None:
        self._processes = [_Process(part) for part in parts]
        self._changed = changed
        self._selector = selectors.DefaultSelector()
        self._stopping = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT comes."""
        heard, tell = os.pipe()
        os.set_blocking(tell, False)
        before = [(number, signal.signal(number, self._stop)) for number in (signal.SIGTERM, signal.SIGINT)]
        woken = signal.set_wakeup_fd(tell)
        self._selector.register(heard, selectors.EVENT_READ)
        try:
            while not self._stopping:
                self._start_due()
                for key, _ in self._selector.select(self._patience()):
                    if key.data is None:
                        os.read(heard, 64)
                    elif key.fd == key.data.told:
                        self._told(key.data)
                    else:
                        self._ended(key.data)
        finally:
            self._end_all()
            signal.set_wakeup_fd(woken)
            for number, handler in before:
                signal.signal(number, handler)
            for fd in (heard, tell):
                os.close(fd)
            self._selector.close()

    def _stop(self, *_: Any) -> None:
        self._stopping = True

    def _patience(self) -> float | None:
        due = [process.due for process in self._processes if process.running is None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _start_due(self) -> None:
        now = time.monotonic()
        for process in self._processes:
            if process.running is None and process.due <= now:
                self._start(process)
                process.began, process.since = now, datetime.now(UTC).isoformat(timespec="seconds")
                self._tell()

    def _start(self, process: _Process) -> None:
        wanted = process.wanted
        process.told, theirs = os.pipe()
        environment = {**wanted.environment, READY: str(theirs)} if wanted.tells else wanted.environment
        try:
            # Signals of the terminal reach the supervisor alone, which stops the parts in order. What parts say is news for a person, and
            # standard output for what the supervisor was asked.
            process.running = subprocess.Popen(  # noqa: S603 - the command is our own
                wanted.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                start_new_session=True,
                preexec_fn=_go_with_parent,  # noqa: PLW1509 - this process has one thread
                pass_fds=[theirs] if wanted.tells else [],
            )
        finally:
            os.close(theirs)
        process.ready, process.ended = not wanted.tells, os.pidfd_open(process.running.pid)
        self._selector.register(process.ended, selectors.EVENT_READ, process)
        if wanted.tells:
            self._selector.register(process.told, selectors.EVENT_READ, process)

    def _told(self, process: _Process) -> None:
        """The part is ready; or it closed its end without a word, and will be seen to end."""
        process.ready = bool(os.read(process.told, 1))
        self._selector.unregister(process.told)
        if process.ready:
            self._tell()

    def _ended(self, process: _Process) -> None:
        assert process.running is not None
        code = process.running.wait()
        self._forget(process)
        process.wait = FIRST_S if time.monotonic() - process.began > PATIENT_S else min(2 * process.wait, MOST_S)
        process.due, process.restarts = time.monotonic() + process.wait, process.restarts + 1
        process.said = f"ended with {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
        print(f"asepsis: the {process.wanted.name} {process.said}; it is started again in {process.wait:g} s", file=sys.stderr, flush=True)
        self._tell()

    def _forget(self, process: _Process) -> None:
        for fd in (process.ended, process.told):
            if fd in self._selector.get_map():
                self._selector.unregister(fd)
            os.close(fd)
        process.running, process.ready = None, False

    def _end_all(self) -> None:
        for process in self._processes:
            if process.running is not None:
                process.running.terminate()
        until = time.monotonic() + STOP_S
        for process in self._processes:
            if process.running is None:
                continue
            try:
                process.running.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.running.kill()
                process.running.wait()
            self._forget(process)
        self._tell()

    def _tell(self) -> None:
        self._changed([process.part() for process in self._processes])
