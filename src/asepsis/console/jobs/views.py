"""The page of jobs, and where captures are given."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from asepsis.kit.errors import AsepsisError
from asepsis.kit.pages import act, or_404, site

from .. import parts
from . import board
from .captures import Incoming
from .job import Job


def jobs(request: HttpRequest) -> HttpResponse:
    """What runs and waits, and what has ended."""
    found = board.recent()
    live = [job for job in found if job.state.live]
    told = {"live": live, "ended": found[len(live) :], "stands": stands()}
    return render(request, "jobs/_jobs.html" if request.headers.get("HX-Request") else "jobs/jobs.html", told)


def stands() -> bool:
    """Whether what runs jobs is not there just now."""
    return any(part.name == "jobs" and not part.running for part in parts.read(site().path))


def job(request: HttpRequest, id: str) -> HttpResponse:
    """One job."""
    with or_404():
        return render(request, "jobs/job.html", {"job": board.get(id)})


# Django would read the whole form to find its token, before anybody said where its files go.
@csrf_exempt
def take(request: HttpRequest) -> HttpResponse:
    """Takes captures to be assessed: a form with its files."""
    with Incoming(site()) as incoming:
        try:
            incoming.attach(request)
        except AsepsisError as error:
            messages.error(request, str(error))
            return redirect("jobs:jobs")
        return _take(request, incoming)


@csrf_protect
@act
def _take(request: HttpRequest, incoming: Incoming) -> HttpResponse:
    job = put(f"console:{request.user.get_username()}", incoming)
    messages.success(request, f"Taken: {job.title}. The assessment begins.")
    return redirect("jobs:jobs")


def put(by: str, incoming: Incoming) -> Job:
    """A job for the captures that came. Raises what was wrong with them, or why no job can be put; then nothing of them stays."""
    incoming.check()
    return board.put(site(), incoming.id, by, incoming.sizes, incoming.publish)


@act
def cancel(request: HttpRequest) -> HttpResponse:
    """Ends a job that waits, or asks one that runs to stop."""
    job = board.cancel(site(), request.POST.get("id", ""))
    messages.success(request, f"Cancelled: {job.title}" if not job.state.live else f"It stops in a moment: {job.title}")
    return redirect("jobs:jobs")
