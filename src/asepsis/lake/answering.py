"""The process that answers one query of a person, and has nothing else to do: `python -m asepsis.lake.answering LAKE RUN`.

What it may take the kernel limits, not its good will; where memory runs out, it is the first that the system ends. It ends by itself as
soon as who started it closes its standard input, or is gone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from asepsis.kit import files
from asepsis.kit.errors import AsepsisError, BadInput
from asepsis.lake import answer_files
from asepsis.lake.lake import Lake
from asepsis.lake.question import HUNT
from asepsis.lake.wall import wall

FILE_BYTES = 256 << 20
"""What one file of an answer may grow to."""


def main(lake: Path, run: Path) -> None:
    """Writes the answer to the question in the folder `run` beside it, or why there is none."""
    threading.Thread(target=_live_with_who_asked, daemon=True).start()
    _be_modest()
    try:
        _answer(lake, run)
    except AsepsisError as error:
        # Here nobody can raise a limit as the options of the command do.
        answer_files.write_error(run, BadInput(error.what, error.where, error.todo.partition(", or raise --")[0]))
    except MemoryError:
        answer_files.write_error(run, BadInput("the query needs more memory than the limit", HUNT.memory or "", "narrow it"))
    except OSError as error:
        if not files.is_full(error):
            raise
        answer_files.write_error(run, BadInput("there is no room for the answer", todo="narrow it with WHERE or LIMIT"))


def _answer(lake: Path, run: Path) -> None:
    asked, began = json.loads((run / answer_files.QUESTION).read_bytes()), time.monotonic()
    assert HUNT.seconds is not None
    assert HUNT.memory is not None
    with wall(HUNT.seconds, HUNT.memory), Lake(lake, HUNT, between=(_moment(asked["since"]), _moment(asked["until"]))) as opened:
        table = opened.ask(asked["text"])
    answer_files.write(run, table, time.monotonic() - began)


def _moment(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _be_modest() -> None:
    os.umask(0o077)
    os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    for what, most in ((resource.RLIMIT_FSIZE, FILE_BYTES), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _live_with_who_asked() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
