"""The pages of findings: what to do first, one finding, and what people decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from asepsis.hospital.service import names_of_assets
from asepsis.kit.errors import WrongUse
from asepsis.kit.live import Live
from asepsis.kit.pages import act, back, or_404, roles, site, who

from . import service
from .explain import rank_in_words
from .inputs import inputs
from .service import Decision, Finding, FindingsAsked, Kind, Line, LinesAsked, Remark, Sort, Standing, State, Verdict

DECISIONS = sorted(Decision, key=lambda decision: -decision.rank)


def worklist(request: HttpRequest) -> HttpResponse:
    """What to do, in order; of one decision or zone where the address says so, and with words in what is wrong."""
    asked = LinesAsked(*(request.GET.get(name, "").strip()[:200] for name in ("decision", "zone", "q")))
    every = service.worklist(site())
    lines = service.worklist(site(), asked) if asked != LinesAsked() else every
    assigned = service.assigned_to(site(), [line.lead.id for line in lines])
    told = {
        "lines": [(line, _all_of(line), assigned.get(line.lead.id, "")) for line in lines],
        "all": len(every),
        "counts": [(decision, sum(line.decision is decision for line in every)) for decision in DECISIONS],
        "zones": sorted({place[1] for line in every for place in line.places if place[0] != service.STORY} - {""}),
        "asked": asked,
        "here": _without(request, "undo"),
    }
    if request.headers.get("HX-Request"):
        return render(request, "findings/_lines.html", told)
    return render(request, "findings/worklist.html", told | _kept(request) | {"undo": request.GET.get("undo", "")})


def _pulse() -> tuple[object, ...]:
    close_old_connections()
    return service.pulse(site())


_LIVE = Live(_pulse)


async def live(request: HttpRequest) -> StreamingHttpResponse:
    """Tells the page whenever a finding has turned."""
    return StreamingHttpResponse(_LIVE.events(), content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def findings(request: HttpRequest) -> HttpResponse:
    """Findings one by one, a page at a time."""
    with or_404():
        asked = FindingsAsked.of(request.GET.dict() | {"words": request.GET.get("q", "")})
        found, after = service.page_of_findings(site(), asked, request.GET.get("after", ""))
    assigned = service.assigned_to(site(), [finding.id for finding in found])
    told = {
        "findings": [(finding, assigned.get(finding.id, "")) for finding in found],
        "asked": asked,
        "states": [(state, _with(request, state=state.value)) for state in State],
        "decisions": [(decision, _with(request, decision=decision.value)) for decision in DECISIONS],
        "kinds": [(kind, _with(request, kind=kind.value)) for kind in Kind],
        "any_decision": _with(request, decision=""),
        "any_kind": _with(request, kind=""),
        "mine": _with(request, assigned="" if asked.assigned else who(request)),
        "more": _with(request, after=after) if after else "",
        "here": _without(request, "undo"),
        "undo": request.GET.get("undo", ""),
    }
    return render(request, "findings/findings.html", told | _kept(request))


def finding(request: HttpRequest, id: str) -> HttpResponse:
    """One finding: what, where, who could be hurt, what to do, how sure, and what became of it."""
    with or_404():
        one = service.show(site(), id)
    remarks = service.remarks(site(), one.id)
    told = {
        "finding": one,
        "rank": rank_in_words(one),
        "points": inputs(one),
        "assets": _named(one.seen.assets),
        "assigned": service.assigned_to(site(), [one.id]).get(one.id, ""),
        "comments": [remark for remark in remarks if remark.sort is Sort.COMMENT],
        "history": sorted([*_turns(one), *_given(remarks)]),
        "acceptable": one.state in (State.OPEN, State.STALE),
        "closable": one.seen.kind is Kind.ALERT and one.state is not State.CLOSED,
        "reopenable": one.state in (State.ACCEPTED, State.CLOSED),
    }
    return render(request, "findings/finding.html", told)


@act
def accept(request: HttpRequest, id: str) -> HttpResponse:
    """Lives with a finding to the end of a day, for a reason."""
    one = service.accept(site(), id, request.POST.get("reason", ""), _day(request))
    until = one.acceptance.until if one.acceptance else ""
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


@act
def several(request: HttpRequest) -> HttpResponse:
    """Accepts, or gives to somebody, all that was ticked: findings, or whole lines of the worklist."""
    ids = _chosen(request)
    if request.POST.get("do") == "accept":
        until = _day(request)
        at = service.accept_all(site(), ids, request.POST.get("reason", ""), until)
        messages.success(request, f"{service.counted(len(ids), 'finding')} accepted until {until}.")
        page = back(request)
        return redirect(f"{page}{'&' if '?' in page else '?'}{urlencode({'undo': at.isoformat()})}")
    to = request.POST.get("to", "").strip()
    service.assign(site(), ids, to)
    messages.success(request, f"{service.counted(len(ids), 'finding')} given to {to or 'nobody'}.")
    return redirect(back(request))


@act
def take_back(request: HttpRequest) -> HttpResponse:
    """Opens again what was just accepted together."""
    try:
        at = datetime.fromisoformat(request.POST.get("at", "")).astimezone(UTC)
    except ValueError:
        raise WrongUse("there is nothing to take back") from None
    messages.success(request, f"{service.counted(service.take_back(site(), at), 'finding')} open again.")
    return redirect(back(request))


@act
def assign(request: HttpRequest, id: str) -> HttpResponse:
    """Gives the work on a finding to somebody."""
    to = request.POST.get("to", "").strip()
    service.assign(site(), [id], to)
    messages.success(request, f"Given to {to}." if to else "Given to nobody.")
    return redirect("findings:finding", id=id)


@act
def comment(request: HttpRequest, id: str) -> HttpResponse:
    """Says something beside a finding."""
    service.comment(site(), id, request.POST.get("text", ""))
    return redirect("findings:finding", id=id)


@act
def redact(request: HttpRequest, n: int) -> HttpResponse:
    """Takes the words out of a comment."""
    id = service.redact(site(), n)
    messages.success(request, "The words are gone; that somebody commented stays.")
    return redirect("findings:finding", id=id)


@act
def keep(request: HttpRequest) -> HttpResponse:
    """Keeps the way somebody looks at the list under a name, or keeps one no more."""
    name = request.POST.get("name", "")
    if request.POST.get("drop"):
        service.drop_view(site(), who(request), name)
        messages.success(request, f"{name} is kept no more.")
    else:
        service.keep_view(site(), who(request), name, back(request))
        messages.success(request, f"Kept as {name}.")
    return redirect(back(request))


def _named(ids: Sequence[str]) -> list[tuple[str, str]]:
    names = names_of_assets(site(), ids)
    return [(id, names.get(id, id)) for id in ids]


def _chosen(request: HttpRequest) -> Sequence[str]:
    lines = {lead: look for told in request.POST.getlist("line") for lead, _, look in [told.partition(":")]}
    if not lines:
        return list(dict.fromkeys(request.POST.getlist("id")))
    asked = LinesAsked(*(request.POST.get(name, "").strip()[:200] for name in ("decision", "zone", "q")))
    return service.ids_in_lines(site(), lines, asked)


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        raise WrongUse("no day to accept until", todo="choose one") from None


def _turns(one: Finding) -> Iterable[tuple[datetime, str, str, str]]:
    return ((turn.at, turn.what, turn.who, turn.why) for turn in one.history)


def _given(remarks: Iterable[Remark]) -> Iterable[tuple[datetime, str, str, str]]:
    return ((said.at, f"given to {said.text or 'nobody'}", said.who, "") for said in remarks if said.sort is Sort.ASSIGNED)


def _all_of(line: Line) -> str:
    """Where all findings of a line are; of a line that was folded out of several, those of its check, or all."""
    if len(line.places) == 1 and line.places[0][0] != service.STORY:
        check, zone, kind = line.places[0]
        asked = {"check": check, "line": "1", "zone": zone, "asset_kind": kind}
    else:
        checks = {place[0] for place in line.places}
        asked = {"check": checks.pop()} if len(checks) == 1 else {}
    return f"{reverse('findings:findings')}?{urlencode(asked)}"


def _with(request: HttpRequest, **changed: str) -> str:
    """This page, asked for otherwise."""
    asked = {name: value for name, value in request.GET.items() if name not in ("after", "undo")} | changed
    return f"{request.path}?{urlencode({name: value for name, value in asked.items() if value or name == 'state'})}"


def _without(request: HttpRequest, name: str) -> str:
    asked = urlencode({key: value for key, value in request.GET.items() if key != name})
    return f"{request.path}?{asked}" if asked else request.path


def _kept(request: HttpRequest) -> dict[str, object]:
    return {"views": service.views(site(), who(request))}


def approvals(request: HttpRequest) -> HttpResponse:
    """What people are asked to agree to."""
    now = datetime.now(UTC)
    found = [(one, one.standing(now)) for one in service.approvals(site())]
    return render(request, "findings/approvals.html", {"approvals": sorted(found, key=lambda pair: pair[1] is not Standing.WAITING)})


def approval(request: HttpRequest, id: str) -> HttpResponse:
    """What will happen, to which devices, whose care could be touched, for how long, who asks; and what people said to it."""
    with or_404():
        one = service.approval(site(), id)
    standing = one.standing(datetime.now(UTC))
    told = {
        "approval": one,
        "assets": _named(one.wish.assets),
        "standing": standing,
        "waiting": standing is Standing.WAITING,
        "mine": standing is Standing.WAITING and not roles(request).isdisjoint(one.wish.roles) and one.by != f"console:{who(request)}",
    }
    return render(request, "findings/approval.html", told)


@act
def answer(request: HttpRequest, id: str) -> HttpResponse:
    """What somebody who is logged in says to it."""
    verdict = Verdict.read(request.POST.get("verdict", ""))
    with or_404():
        asked = service.approval(site(), id)
    role = next((one for one in (*asked.missing, *asked.wish.roles) if one in roles(request)), " or ".join(sorted(roles(request))))
    after = service.answer(site(), id, f"console:{who(request)}", role, verdict, request.POST.get("words", ""))
    messages.success(request, f"You said: {verdict}. It is {after.standing(datetime.now(UTC))} now.")
    return redirect("findings:approval", id=id)


@act
def withdraw(request: HttpRequest, id: str) -> HttpResponse:
    """Asks no more."""
    service.withdraw(site(), id)
    messages.success(request, "Withdrawn: nobody is asked any more.")
    return redirect("findings:approval", id=id)
