"""The jobs that the store remembers: what waits, runs, and has ended. What is to run next stands in the queue of django-tasks.

A job is put, with its task in the queue, in one transaction; where a worker is killed, the next one finds what it left (`recover`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

from asepsis.journal.service import acting, record
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.site import Site

from ..models import JobRow
from .job import TRIES, Job, State

WAITING_MOST = 20
"""Jobs that wait or run: each holds its captures on the disk."""
KEPT, KEPT_MOST = timedelta(days=90), 500
"""So long, and so many, are remembered once they have ended."""
TASK = "asepsis.console.jobs.tasks.assess"
"""What the worker does for a job, by its path: it tells this board what comes of it."""
LIVE = (State.WAITING.value, State.RUNNING.value)
_FIELDS = [field.name for field in fields(Job)]


def put(site: Site, id: str, by: str, sizes: list[int], publish: Callable[[], None]) -> Job:
    """A new job that waits for captures of these sizes to be assessed; `publish` puts them where the worker finds them.

    Raises WrongUse where too much waits already.
    """
    with transaction.atomic():
        if JobRow.objects.filter(state__in=LIVE).count() >= WAITING_MOST:
            raise WrongUse(f"{WAITING_MOST} jobs wait already", todo="wait until some are done, or cancel some")
        _forget()
        JobRow.objects.create(id=id, by=by, captures=len(sizes), bytes=sum(sizes), state=State.WAITING, made=_now(), total=sum(sizes))
        record(site, "jobs.take", id, {"captures": len(sizes), "bytes": sum(sizes)})
        _enqueue(id)
        publish()
    return get(id)


def recent(count: int = 100) -> list[Job]:
    """What runs and waits, the oldest first, and then what has ended, the newest first."""
    live = JobRow.objects.filter(state__in=LIVE).order_by("made").values(*_FIELDS)
    ended = JobRow.objects.exclude(state__in=LIVE).order_by("-made").values(*_FIELDS)[:count]
    return [_job(row) for row in (*live, *ended)]


def get(id: str) -> Job:
    """One job. Raises WrongUse where there is none."""
    row = JobRow.objects.filter(id=id[:24]).values(*_FIELDS).first()
    if row is None:
        raise WrongUse("no such job", id[:40], "it may be forgotten: jobs are remembered for a time")
    return _job(row)


def cancel(site: Site, id: str) -> Job:
    """Ends a job that waits, and asks one that runs to stop. Raises WrongUse where there is nothing to cancel."""
    if get(id).judging:
        raise WrongUse("what was read is being judged, and that cannot be stopped", id[:40], "wait until it is done")
    with transaction.atomic():
        live = JobRow.objects.filter(id=id[:24], state__in=LIVE, stopping=False)
        waited = live.filter(state=State.WAITING).update(state=State.CANCELLED, ended=_now(), words="It was cancelled before it began.")
        if not waited and not live.update(stopping=True):
            raise WrongUse("there is nothing to cancel", id[:40], "it has ended, or is stopping")
        record(site, "jobs.cancel", id, {"was": "waiting" if waited else "running"})
    return get(id)


def begin(id: str) -> Job | None:
    """Takes a job that waits; None where it does not any more."""
    waiting = JobRow.objects.filter(id=id, state=State.WAITING)
    if not waiting.update(state=State.RUNNING, began=_now(), done=0, tries=F("tries") + 1):
        return None
    return get(id)


def tell(id: str, done: int, total: int) -> bool:
    """Remembers how much of it is read; whether it shall stop."""
    JobRow.objects.filter(id=id).update(done=done, total=total)
    return JobRow.objects.filter(id=id, stopping=True).exists()


def end(site: Site, id: str, state: State, words: str) -> None:
    """What came of a job, once."""
    with transaction.atomic():
        if JobRow.objects.filter(id=id, state__in=LIVE).update(state=state, ended=_now(), words=one_line(words, 600), stopping=False):
            with acting(get(id).by):
                record(site, "jobs.end", id, {"state": state.value})


def back(id: str) -> None:
    """Lets a job that was broken off, because all stops, wait to be begun anew."""
    JobRow.objects.filter(id=id, state=State.RUNNING).update(state=State.WAITING, began=None, done=0, tries=F("tries") - 1)


def recover(site: Site) -> None:
    """Sets right what a worker left that was killed: its job is begun anew once, and then told as broken. Only where no worker runs."""
    with transaction.atomic():
        for row in JobRow.objects.filter(state=State.RUNNING):
            if row.stopping:
                end(site, row.id, State.CANCELLED, "It was cancelled.")
            elif row.tries >= TRIES:
                words = "It broke: what runs jobs was killed in the middle of it, twice. What was read is kept, and nothing is half done."
                end(site, row.id, State.BROKEN, words)
            else:
                JobRow.objects.filter(id=row.id).update(state=State.WAITING, began=None, done=0)
        # The queue is written anew: a task that was taken and not ended would never be taken again.
        _queue().delete()
        for id in JobRow.objects.filter(state=State.WAITING).order_by("made").values_list("id", flat=True):
            _enqueue(id)


def ids() -> dict[str, bool]:
    """Every job that is remembered, and whether its captures are still needed."""
    return {id: State(state).live for id, state in JobRow.objects.values_list("id", "state")}


def _enqueue(id: str) -> None:
    import_string(TASK).enqueue(id)


def _queue() -> DBTaskResultQuerySet:
    return DBTaskResult.objects.filter(task_path=TASK)


def _forget() -> None:
    """Lets go what has long ended, so that the tables stay small."""
    ended = JobRow.objects.exclude(state__in=LIVE)
    ended.filter(ended__lt=_now() - KEPT).delete()
    beyond = list(ended.order_by("-made").values_list("id", flat=True)[KEPT_MOST:])
    JobRow.objects.filter(id__in=beyond).delete()
    _queue().finished().delete()


def _job(row: dict[str, object]) -> Job:
    return Job(**{**row, "state": State(row["state"])})  # type: ignore[arg-type]  # the fields are named alike


def _now() -> datetime:
    return datetime.now(UTC)
