"""What a job is: captures that somebody gave, to be assessed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asepsis.findings.service import counted
from asepsis.kit.size import show

TRIES = 2
"""Times a job is begun: what took the worker with it once may have been chance, twice it is the job."""


class State(StrEnum):
    """Where a job stands. The last three are its ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    BROKEN = "broken"
    CANCELLED = "cancelled"

    @property
    def live(self) -> bool:
        """Whether something is still to come of it."""
        return self in (State.WAITING, State.RUNNING)


def new_id() -> str:
    """The id of a new job: nobody guesses it, and it is a part of a file's name."""
    return f"J{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `by` is who gave it, as the journal names him; `done` of `total` bytes are read; `words` say what came of it; `stopping`:
    it was asked to stop and does so at the next look."""

    id: str
    by: str
    captures: int
    bytes: int
    state: State
    made: datetime
    began: datetime | None = None
    ended: datetime | None = None
    done: int = 0
    total: int = 0
    words: str = ""
    stopping: bool = False

    @property
    def title(self) -> str:
        """What it is, for a person. Names of files are not kept: they may be those of patients."""
        return f"{counted(self.captures, 'capture')}, {show(self.bytes)}"

    @property
    def giver(self) -> str:
        """Who gave it, for a person."""
        door, _, name = self.by.partition(":")
        return f"the program {name}" if door == "api" else name

    @property
    def share(self) -> int:
        """How much is read, in percent."""
        return min(100, 100 * self.done // self.total) if self.total > 0 else 0

    @property
    def judging(self) -> bool:
        """Whether all is read, and the checks run: that cannot be stopped."""
        return self.state is State.RUNNING and 0 < self.total <= self.done

    @property
    def cancellable(self) -> bool:
        """Whether there is something to cancel."""
        return self.state.live and not self.judging and not self.stopping


def form(job: Job) -> dict[str, object]:
    """The job as a JSON object: times in ISO 8601, sizes in bytes."""
    moments = {"made": job.made, "began": job.began, "ended": job.ended}
    return {
        "id": job.id,
        "state": job.state.value,
        "by": job.by,
        "captures": job.captures,
        "bytes": job.bytes,
        **{name: moment.isoformat(timespec="seconds") if moment else None for name, moment in moments.items()},
        "read_percent": 100 if job.state is State.DONE else job.share,
        "words": job.words,
    }
