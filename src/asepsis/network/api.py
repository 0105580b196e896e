"""What the API tells of network security: attacks as stories, and the rules that watch."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from asepsis.findings.service import State
from asepsis.kit.pages import or_404, site

from . import service
from .standing import standing_form

api = Router(tags=["network"])
PAGE = 100
"""Rules in one answer."""


class StoriesAsked(Schema):
    """Stories in a state, all without one; and where to read on (`next` of the page before)."""

    state: State | None = None
    cursor: str = ""


class RulesFrom(Schema):
    """Where to read on (`next` of the page before)."""

    cursor: str = ""


class Page(Schema):
    """Some of many, and where the next begin: null after the last."""

    items: list[dict[str, Any]]
    next: str | None


@api.get("/stories", response=Page, url_name="stories")
def stories(request: HttpRequest, asked: Query[StoriesAsked]) -> dict[str, Any]:
    """The attacks that were seen, the gravest first, then the latest."""
    found, after = service.published_stories(site(), asked.state, asked.cursor)
    return {"items": [one.form() for one in found], "next": after or None}


@api.get("/stories/{id}", response=dict[str, Any], url_name="story")
def story(request: HttpRequest, id: str) -> dict[str, Any]:
    """One attack step by step, by the id of the story, of its finding or of one of its alerts, or the beginning of it."""
    with or_404():
        one = service.published_story(site(), id)
    return one.form() | {"timeline": one.timeline, "graph": one.graph}


@api.get("/rules", response=Page, url_name="rules")
def rules(request: HttpRequest, asked: Query[RulesFrom]) -> dict[str, Any]:
    """The rules that watch, by name, and how each stands."""
    left = sorted((one for one in service.rules(site()) if one.entry.name > asked.cursor), key=lambda one: one.entry.name)
    shown = left[:PAGE]
    return {"items": [standing_form(one) for one in shown], "next": shown[-1].entry.name if len(left) > PAGE else None}
