"""What the worker does for a job."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from django_tasks import task

from asepsis.assessment.service import Assessment
from asepsis.assessment.service import assess as assess_captures
from asepsis.findings.service import counted
from asepsis.journal.service import acting
from asepsis.kit.errors import AsepsisError, BadInput
from asepsis.kit.pages import site
from asepsis.kit.site import Site

from . import board, captures
from .job import State

EVERY_S = 1.0
"""Seconds between two looks at whether a job shall stop, each of which tells how far it is."""
LONGEST_S = 1800.0
"""Seconds that captures may take to be read: a small file may unpack to a very large one, and meanwhile rows of the sensor wait."""


class Stopped(BaseException):
    """All stops: the job is begun anew later. As KeyboardInterrupt, it comes anywhere and is no error: nothing is ever half done."""


class _Cancelled(Exception):
    """Somebody wants this job no more."""


@task()
def assess(id: str) -> None:
    """Assesses the captures of a job, and says on the board what came of it. The same captures again change nothing, so a job that was
    broken off may be begun anew. Nothing is raised but what the store itself fails with."""
    if board.begin(id) is None:
        captures.remove(site(), id)
        return
    opened = site()
    try:
        state, words = _assess(opened, id)
    except Stopped:
        board.back(id)
        return
    board.end(opened, id, state, words)
    captures.remove(opened, id)


def _assess(opened: Site, id: str) -> tuple[State, str]:
    """What came of it, for a person."""
    paths = captures.of(opened, id)
    job = board.get(id)
    try:
        if len(paths) != job.captures:
            raise BadInput("its captures are gone", todo="give them again")
        with acting(job.by):
            return State.DONE, _result(assess_captures(opened, paths, _Telling(opened, id)), paths)
    except _Cancelled:
        return State.CANCELLED, "It was cancelled. Rows that were read until then may stay in the lake, as if the capture had ended there."
    except AsepsisError as error:
        return State.BROKEN, _named(str(error), paths)
    except Exception as error:  # noqa: BLE001 - one broken job must not stop the others
        where = traceback.extract_tb(error.__traceback__)[-1]
        words = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
        print(f"asepsis: job {id} broke: {words}", file=sys.stderr, flush=True)
        return State.BROKEN, f"Something broke that should not ({words}). Tell who makes asepsis."


class _Telling:
    """Progress of a job: told now and then, and a way out of it."""

    def __init__(self, opened: Site, id: str) -> None:
        self._site, self._id = opened, id
        self._began, self._next = time.monotonic(), 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next and done < total:
            return
        self._next = now + EVERY_S
        if board.tell(self._id, done, total):
            raise _Cancelled
        captures.room(self._site, 0)
        if now - self._began > LONGEST_S:
            raise BadInput(
                f"not read within {LONGEST_S / 60:g} minutes",
                todo="give it in parts, or read it at the command line: asepsis assess CAPTURE",
            )


def _result(found: Assessment, paths: list[Path]) -> str:
    """What an assessment found, in a sentence or two, with what was not read whole."""
    ingested = found.ingested
    packets, rows, new = ingested.capture["packets"], sum(ingested.streams.values()), sum(ingested.added.values())
    if not packets and not rows:
        said = "No packets in it: nothing was seen."
    else:
        said = f"{counted(packets, 'packet')} {ingested.span()}".strip() + f", {counted(rows, 'event')}, {new:,} of them new. "
        said += f"{counted(len(found.assets), 'asset')} are known now; the worklist has {counted(len(found.lines), 'line')}."
    return " ".join([said, *(f"{_named(note, paths)}." for note in ingested.notes())])


def _named(text: str, paths: list[Path]) -> str:
    """`text` with captures by their number instead of our paths."""
    for n, path in enumerate(paths, 1):
        text = text.replace(str(path), "The capture" if len(paths) == 1 else f"Capture {n}").replace(path.name, f"capture {n}")
    return text
