"""The pages of network security: attacks as stories, the rules that watch, what they cover, and how well the sensor hears."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from asepsis.findings.service import State
from asepsis.kit.errors import WrongUse
from asepsis.kit.pages import or_404, site

from . import service, tactic
from .scene import scene
from .strip import strip

STEPS = 200
"""Steps of a story on its page: the whole has `asepsis network stories show`."""
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
    shown = one.timeline[:STEPS]
    steps = [step | {"means": [tactic.WORDS[name] for name in tactic.in_order(step["tactics"])]} for step in shown]
    told = {"story": one, "steps": steps, "scene": scene(shown), "strip": strip(shown)}
    return render(request, "network/story.html", told)
