"""Runs what the queue holds, one job after the other."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from asepsis.kit import files
from asepsis.kit.site import Site

from . import board, captures, tasks

EVERY_S = 1.0
"""Seconds between two looks at whether something waits."""


class _Worker(Worker):
    """Ends where a task failed: ours say by themselves what came of them, unless the store fails. Who starts anew sets that right."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Where no job runs this ends the process; one that runs is broken off, wherever it is: nobody waits long for a part to stop."""
        super().shutdown(signum, frame)
        raise tasks.Stopped

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        super().run_task(db_task_result)
        if db_task_result.status == "FAILED":
            print(f"asepsis: a job could not be ended: {db_task_result.exception_class_path}", file=sys.stderr, flush=True)
            sys.exit(1)


def run(site: Site, ready: Callable[[], None]) -> None:
    """Until SIGTERM or SIGINT comes: then the job that runs is broken off, and begun anew the next time. `ready` is called once."""
    # One for a site: what is set right at the beginning must be of nobody who lives.
    with files.lock(site.path / "console" / "jobs.lock", "the jobs of this site"):
        board.recover(site)
        captures.sweep(site, board.ids())
        worker = _Worker(
            queue_names=["default"],
            interval=EVERY_S,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=secrets.token_hex(8),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        ready()
        worker.run()
