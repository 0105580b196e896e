"""The pages of findings: what to do first, one finding, and what a person decides of it."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import act, or_404, site

from . import service
from .explain import rank_in_words
from .inputs import inputs
from .service import Decision, Kind, State


def worklist(request: HttpRequest) -> HttpResponse:
    """What to do, in order; of one decision where the address says so, and with a word in the title."""
    lines = service.worklist(site())
    counts = [(decision, sum(line.decision is decision for line in lines)) for decision in sorted(Decision, key=lambda d: -d.rank)]
    wanted, words = request.GET.get("decision", ""), request.GET.get("q", "").strip()[:200]
    shown = [line for line in lines if wanted in ("", line.decision.value) and words.lower() in line.title.lower()]
    told = {"lines": shown, "all": len(lines), "counts": counts, "decision": wanted, "q": words}
    return render(request, "findings/_lines.html" if request.headers.get("HX-Request") else "findings/worklist.html", told)


def finding(request: HttpRequest, id: str) -> HttpResponse:
    """One finding: what, where, who could be hurt, what to do, how sure, and what became of it."""
    with or_404():
        one = service.show(site(), id)
    told = {
        "finding": one,
        "rank": rank_in_words(one),
        "points": inputs(one),
        "acceptable": one.state in (State.OPEN, State.STALE),
        "closable": one.seen.kind is Kind.ALERT and one.state is not State.CLOSED,
        "reopenable": one.state in (State.ACCEPTED, State.CLOSED),
    }
    return render(request, "findings/finding.html", told)


@act
def accept(request: HttpRequest, id: str) -> HttpResponse:
    """Lives with a finding to the end of a day, for a reason."""
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        raise WrongUse("no day to accept until", id, "choose one") from None
    one = service.accept(site(), id, request.POST.get("reason", ""), until)
    messages.success(request, f"Accepted until {until}: {one.seen.title}. After that day it is open again by itself.")
    return redirect("findings:worklist")


@act
def reopen(request: HttpRequest, id: str) -> HttpResponse:
    """Takes back an acceptance or a closing."""
    one = service.reopen(site(), id)
    messages.success(request, f"Open again: {one.seen.title}")
    return redirect("findings:finding", id=one.id)


@act
def close(request: HttpRequest, id: str) -> HttpResponse:
    """Closes an alert that a person has dealt with."""
    one = service.close(site(), id, request.POST.get("reason", ""))
    messages.success(request, f"Closed: {one.seen.title}")
    return redirect("findings:worklist")
