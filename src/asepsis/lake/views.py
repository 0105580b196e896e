"""The page Hunt: a query over the lake, its answer, and queries that people keep. The only pages that read the lake's history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from asepsis.kit.errors import AsepsisError, WrongUse
from asepsis.kit.pages import act, or_404, roles, site

from . import answer_files, library, service
from .hunt import KEPT_S, Run, State
from .question import CHARACTERS, HUNT, Question, question
from .streams import streams as all_streams

EVENTS, LATELY = 200, 20
SECONDS = int(HUNT.seconds or 0)
LIMITS = {"memory": HUNT.memory, "rows": f"{HUNT.rows:,}", "minutes": round(KEPT_S / 60), "seconds": SECONDS}
_CHUNK = 1 << 16
_MINUTE = "%Y-%m-%dT%H:%M"
"""As a browser writes it."""


def hunt(request: HttpRequest) -> HttpResponse:
    """The box, filled with what the address names: the text `q`, a kept `query`, or rows by their `event` from the minute `since` to the
    minute `last`. Nothing is asked by that."""
    chosen, text = None, request.GET.get("q", "")[:CHARACTERS]
    if request.GET.get("query"):
        with or_404():
            chosen = service.query(request.GET["query"][:100])
        text = chosen.text
    elif events := request.GET.getlist("event")[:EVENTS]:
        text = library.of_rows([event[:100] for event in events], list(all_streams()))
    span = {"since": request.GET.get("since", "")[:16], "until": _after(request.GET.get("last", "")[:16])}
    return _page(request, span | {"text": text, "chosen": chosen, "about": chosen.about if chosen else ""})


def ask(request: HttpRequest) -> HttpResponse:
    """Begins to ask, and leads to where the answer will be. What cannot be asked stays in the box."""
    given = {name: request.POST.get(name, "") for name in ("text", "since", "until")}
    try:
        run = service.ask(site(), question(**given), request.user.get_username())
    except AsepsisError as error:
        return _page(request, given | {"error": str(error)}, 422)
    return redirect(f"{reverse('lake:answer', kwargs={'id': run.id})}#answer")


def answer(request: HttpRequest, id: str) -> HttpResponse:
    """What was asked, and the answer, or how far it is."""
    run = _run(request, id)
    told = _told(run, request.GET.get("page", "1"))
    if request.headers.get("HX-Request"):
        return render(request, "lake/_answer.html", told)
    return _page(request, _box(run.question) | told)


@act
def stop(request: HttpRequest, id: str) -> HttpResponse:
    """Ends one's own query."""
    run = service.hunts(site()).run(id)
    if run.who != request.user.get_username():
        raise WrongUse("this query is another's", id[:40])
    service.hunts(site()).stop(id)
    return redirect("lake:answer", id=id)


def as_csv(request: HttpRequest, id: str) -> HttpResponseBase:
    """The whole answer for a spreadsheet."""
    return _file(request, id, answer_files.CSV, "text/csv; charset=utf-8")


def as_json(request: HttpRequest, id: str) -> HttpResponseBase:
    """The whole answer for a program."""
    return _file(request, id, answer_files.JSON, "application/json")


def streams(request: HttpRequest) -> HttpResponse:
    """What can be asked: the streams and their columns, those with certain words."""
    words = request.GET.get("find", "").strip()[:100]
    told = {"streams": library.found(all_streams(), words), "find": words}
    return render(request, "lake/_streams.html" if request.headers.get("HX-Request") else "lake/streams.html", told)


def keep(request: HttpRequest) -> HttpResponse:
    """Keeps the query in the box, for all."""
    given = {name: request.POST.get(name, "") for name in ("text", "name")}
    try:
        kept = service.keep_query(site(), given["name"], given["text"], request.user.get_username())
    except AsepsisError as error:
        return _page(request, given | {"error": str(error)}, 422)
    messages.success(request, f"Kept for all: {kept.name}")
    return redirect(f"{reverse('lake:hunt')}?query={kept.id}")


@act
def rename(request: HttpRequest, id: str) -> HttpResponse:
    """Gives a kept query another name."""
    kept = service.rename_query(site(), id, request.POST.get("name", ""), request.user.get_username(), _leads(request))
    messages.success(request, f"It is called {kept.name} now.")
    return redirect(f"{reverse('lake:hunt')}?query={kept.id}")


@act
def forget(request: HttpRequest, id: str) -> HttpResponse:
    """Keeps a query no longer."""
    gone = service.forget_query(site(), id, request.user.get_username(), _leads(request))
    messages.success(request, f"Kept no longer: {gone.name}")
    return redirect("lake:hunt")


def _page(request: HttpRequest, told: dict[str, Any], status: int = 200) -> HttpResponse:
    who, chosen = request.user.get_username(), told.get("chosen")
    runs = [run for run in service.hunts(site()).runs() if _may_see(request, run)][:LATELY]
    told |= {
        "queries": service.queries(),
        "runs": runs,
        "streams": all_streams().values(),
        "limits": LIMITS,
        "characters": CHARACTERS,
        "changeable": chosen is not None and chosen.who and (chosen.who == who or _leads(request)),
    }
    return render(request, "lake/hunt.html", told, status=status)


def _after(minute: str) -> str:
    """The minute after one; nothing where it is none."""
    try:
        return f"{datetime.fromisoformat(minute) + timedelta(minutes=1):{_MINUTE}}"
    except (ValueError, OverflowError):
        return ""


def _box(asked: Question) -> dict[str, str]:
    """What a form shows of a question: times as a browser writes them."""
    ends = {"since": asked.since, "until": asked.until}
    return {"text": asked.text} | {name: f"{end:{_MINUTE}}" if end else "" for name, end in ends.items()}


def _told(run: Run, page: str) -> dict[str, Any]:
    """What a page shows of a run."""
    pages = -(-run.answer.get("shown", 0) // answer_files.PAGE)
    n = min(int(page), pages) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    rows = answer_files.read_page(run.folder, n - 1) if run.state is State.DONE else []
    kinds = [column["of"] for column in run.answer.get("columns", [])]
    first = (n - 1) * answer_files.PAGE + 1
    return {
        "run": run,
        "waits": run.state is State.RUNNING,
        "seconds": min(int((datetime.now(UTC) - run.asked).total_seconds()), SECONDS),
        "rows": [list(zip(row, kinds, strict=True)) for row in rows],
        "first": first,
        "last": first + len(rows) - 1,
        "before": n - 1,
        "after": n + 1 if n < pages else 0,
        "count": f"{run.answer.get('rows', 0):,}",
        "limits": LIMITS,
    }


def _run(request: HttpRequest, id: str) -> Run:
    """A run that who looks may see; of another's nothing is told, not even that it is there."""
    with or_404():
        run = service.hunts(site()).run(id)
    if not _may_see(request, run):
        raise Http404
    return run


def _may_see(request: HttpRequest, run: Run) -> bool:
    return run.who == request.user.get_username() or "auditor" in roles(request)


def _leads(request: HttpRequest) -> bool:
    return "administrator" in roles(request)


def _file(request: HttpRequest, id: str, file: str, kind: str) -> HttpResponseBase:
    run = _run(request, id)
    if run.state is not State.DONE:
        raise Http404
    path: Path = service.take_answer(site(), run, file)
    try:
        opened = path.open("rb")
    except OSError:
        raise Http404 from None
    headers = {"Content-Disposition": f'attachment; filename="hunt-{run.id}{path.suffix}"', "Content-Length": str(path.stat().st_size)}
    return StreamingHttpResponse(_chunks(opened), content_type=kind, headers=headers)


async def _chunks(opened: BinaryIO) -> AsyncIterator[bytes]:
    """A file bit by bit: an answer is larger than what a page may take."""
    with opened:
        while chunk := await asyncio.to_thread(opened.read, _CHUNK):
            yield chunk
