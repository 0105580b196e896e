"""The pages of network security: attacks as stories, the rules that watch, what they cover, and how well the sensor hears."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from asepsis.findings.service import State
from asepsis.hospital.service import KINDS, plan
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.pages import act, or_404, site

from . import service, tactic
from .chart import chart, totals
from .coverage import covered, matrix, measured, proven
from .detector import LEVELS
from .library import RULE, bytes_of
from .proof import examples
from .scene import scene
from .sifting import DID, RulesAsked
from .standing import standing_form
from .strip import strip

STEPS = 200
"""Steps of a story on its page: the whole has `asepsis network stories show`."""
NAME = 120
"""Letters of a name."""
SEEN = 20
"""Sightings of a rule on its page."""
SIDES = ("attacker", "victim")
STATES = (State.OPEN, State.ACCEPTED, State.CLOSED)


def stories(request: HttpRequest) -> HttpResponse:
    """The attacks that were seen, the gravest first, then the latest."""
    wanted = request.GET.get("state", State.OPEN.value)
    with or_404():
        state = _state(wanted)
        found, after = service.published_stories(site(), state, request.GET.get("after", ""))
    here = request.GET.copy()
    here["after"] = after
    told = {"stories": found, "more": f"?{here.urlencode()}" if after else "", "state": wanted, "states": STATES}
    return render(request, "network/stories.html", told)


def _state(word: str) -> State | None:
    """Raises WrongUse for what is no state of an alert."""
    if word in ("", *STATES):
        return State(word) if word else None
    raise WrongUse("no such state", word[:40], f"one of {', '.join(STATES)}")


def story(request: HttpRequest, id: str) -> HttpResponse:
    """One attack: when what was done to whom, how far it came, and what to do first."""
    with or_404():
        one = service.published_story(site(), id)
    steps = [_readable(step) for step in one.timeline[:STEPS]]
    told = {"story": one, "steps": steps, "scene": scene(steps), "strip": strip(steps)}
    return render(request, "network/story.html", told)


def _readable(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step with what it means, and names that fill no page: attackers choose them."""
    means = [tactic.WORDS[name] for name in tactic.in_order(step["tactics"])]
    names = {"attacker": one_line(step["attacker"], NAME), "victims": [one_line(name, NAME) for name in step["victims"]]}
    return {**step, **names, "means": means}


def rules(request: HttpRequest) -> HttpResponse:
    """The rules that watch: state, level, how often each spoke, what it needs, what proves it."""
    every, broken = service.rules(site()), service.library(site()).broken
    asked = RulesAsked(*(request.GET.get(name, "").strip()[:100] for name in ("q", "level", "state", "stream", "tactic", "did")))
    told = {
        "rules": [one for one in every if asked.meets(one)],
        "all": len(every),
        "asked": asked,
        "broken": broken,
        "waiting": len(service.waiting()),
        "levels": LEVELS[::-1],
        "states": ("watching", "learning"),
        "streams": sorted({stream for one in every for stream, _ in one.entry.looks_at}),
        "tactics": tactic.in_order(name for one in every for name in one.entry.meaning.tactics),
        "did": DID,
    }
    return render(request, "network/rules.html", told)


def rule(request: HttpRequest, name: str) -> HttpResponse:
    """One rule: what it looks for, what proves it, what it saw last, whom it excuses."""
    with or_404():
        one = service.rule(site(), name)
    told = {
        "rule": one,
        "form": standing_form(one),
        "text": bytes_of(one.entry.folder / RULE).decode("utf-8", "replace"),
        "proven": proven(name) if one.entry.own else (),
        "examples": list(examples(one.entry)) if not one.proof.wrong else [],
        "seen": service.spoke_last(site(), name, SEEN),
        "kinds": sorted(KINDS),
        "zones": [zone.name for zone in plan(site()).zones],
        "sides": SIDES,
    }
    return render(request, "network/rule.html", told)


@act
def tune(request: HttpRequest, name: str) -> HttpResponse:
    """Excuses from a rule who is no attacker, for a reason, to the end of a day."""
    attacker, victim = (
        {what: value for what in ("kind", "zone", "address") if (value := request.POST.get(f"{side}_{what}", "").strip())} for side in SIDES
    )
    if not attacker and not victim:
        raise WrongUse("nobody is named: that would switch the rule off", name, "choose a kind, a zone or an address, at least one")
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        raise WrongUse("no day to excuse until", name, "choose one") from None
    service.tune(site(), name, request.POST.get("reason", ""), until, attacker, victim)
    messages.success(request, f"Excused until {until}; from the next look on.")
    return redirect("network:rule", name=name)


@act
def untune(request: HttpRequest, name: str) -> HttpResponse:
    """Takes an exception back."""
    try:
        number = int(request.POST.get("number", "")[:9])
    except ValueError:
        raise WrongUse("no number of an exception", name, "take the one on the page") from None
    service.untune(site(), number)
    messages.success(request, "The exception stands no more.")
    return redirect("network:rule", name=name)


def coverage(request: HttpRequest) -> HttpResponse:
    """What is watched for, against ATT&CK and against the attacks of the range."""
    found = covered(service.library(site()).entries)
    told = {"covered": found, "matrix": matrix(found), "measured": measured(), "names": service.library(site()).names}
    return render(request, "network/coverage.html", told)


def live(request: HttpRequest) -> HttpResponse:
    """How well the sensor hears, and what came in the last hour."""
    pulses, flows = service.live(site())
    now = datetime.now(UTC)
    heard = [
        {
            "pulse": one,
            "silent": one.silent(now),
            "rates": chart([(minute.since, minute.rate) for minute in one.minutes]),
            "drops": chart([(minute.since, minute.dropped) for minute in one.minutes]) if one.health.dropped else None,
        }
        for one in pulses
    ]
    rows = totals((minute.since, minute.rows) for flow in flows for minute in flow.minutes)
    told = {"heard": heard, "flows": flows, "rows": chart(rows) if rows else None, "now": now}
    return render(request, "network/_live.html" if request.headers.get("HX-Request") else "network/live.html", told)
