"""What is remembered of jobs is bounded, and a worker that begins finds what another one left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from asepsis.console.serving import Serving
from asepsis.kit.site import Site

PREPARE = """
from asepsis.console.serving import served
from asepsis.console.server import prepare
site = prepare(served())
from datetime import UTC, datetime, timedelta
from django_tasks_db.models import DBTaskResult
from asepsis.console.jobs import board
from asepsis.console.jobs.job import State, new_id
from asepsis.console.models import JobRow
from asepsis.kit.errors import WrongUse
now = datetime.now(UTC)
def put(by="console:anna", publish=lambda: None):
    return board.put(site, new_id(), by, [7, 8], publish)
def ended(n, ago):
    at = now - ago
    JobRow.objects.bulk_create(
        JobRow(id=new_id(), by="console:anna", captures=1, bytes=1, state="done", made=at, ended=at) for _ in range(n)
    )
"""
FORGETS = """
ended(3, timedelta(days=91)); ended(600, timedelta(days=1))
put()
assert JobRow.objects.count() == 501, JobRow.objects.count()
assert len(board.recent()) == 101
assert DBTaskResult.objects.count() == 1
"""
BOUNDED = """
for _ in range(20):
    put()
try:
    put()
except WrongUse as error:
    assert "20 jobs wait already" in str(error)
else:
    raise AssertionError
assert JobRow.objects.count() == DBTaskResult.objects.count() == 20
"""
WHOLE = """
def full():
    raise OSError("no space")
try:
    put(publish=full)
except OSError:
    pass
assert JobRow.objects.count() == DBTaskResult.objects.count() == 0
"""
RECOVERS = """
waits, taken, running, twice, stopping = (put() for _ in range(5))
for job in (running, twice, stopping):
    assert board.begin(job.id).state is State.RUNNING
assert board.begin(running.id) is None
JobRow.objects.filter(id=twice.id).update(tries=2)
board.cancel(site, stopping.id)
assert board.tell(stopping.id, 1, 2) is True and board.tell(running.id, 1, 2) is False
# Taken by a worker that was killed before it began.
DBTaskResult.objects.filter(args_kwargs__args=[taken.id]).update(status="RUNNING")
board.recover(site)
states = [board.get(job.id).state.value for job in (waits, taken, running, twice, stopping)]
assert states == ["waiting", "waiting", "waiting", "broken", "cancelled"], states
queue = DBTaskResult.objects.filter(status="READY").order_by("enqueued_at")
assert [task.args_kwargs["args"] for task in queue] == [[waits.id], [taken.id], [running.id]]
assert board.ids() == {waits.id: True, taken.id: True, running.id: True, twice.id: False, stopping.id: False}
# A clean stop costs no try.
assert board.begin(running.id)
board.back(running.id)
assert JobRow.objects.get(id=running.id).tries == 1
board.end(site, waits.id, State.DONE, "one")
board.end(site, waits.id, State.BROKEN, "two")
assert board.get(waits.id).words == "one"
"""


@pytest.mark.parametrize("script", [FORGETS, BOUNDED, WHOLE, RECOVERS], ids=["forgets", "bounded", "whole", "recovers"])
def test_the_board(tmp_path: Path, script: str) -> None:
    """The console's settings are of a process of its own."""
    Site.open(tmp_path / "site", create=True)
    environment = Serving(str(tmp_path / "site"), "127.0.0.1", 1, ("127.0.0.1",)).environment()
    done = subprocess.run([sys.executable, "-c", PREPARE + script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
