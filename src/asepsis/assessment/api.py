"""What the API tells of who talks to whom; and of weeks and months the numbers, and nothing of who did what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from asepsis.kit.errors import WrongUse
from asepsis.kit.marks import read_mark, write_mark
from asepsis.kit.output import iso
from asepsis.kit.pages import or_404, site
from asepsis.settings import open_store

from . import service
from .chart import PAGE, moment
from .models import TalkRow
from .talks import Openness, names

api = Router(tags=["flows"])
reports_api = Router(tags=["reports"])
_OPENNESS = {"other": Openness.OTHER, "encrypted": Openness.ENCRYPTED, "clear": Openness.CLEAR_CLINICAL}
"""`clear`: patients' data that anyone on the way can read."""
_WORDS = {openness: word for word, openness in _OPENNESS.items()}


class Asked(Schema):
    """Which conversations: of these ends (ids of assets, `outside`), as readable as this (`clear`, `encrypted`, `other`), and where to read
    on (`next` of the page before)."""

    source: str = ""
    target: str = ""
    openness: str = ""
    cursor: str = Field("", max_length=4000)


class FlowsPage(Schema):
    """Some conversations, and where the next begin: null after the last. Times are when connections began (UTC)."""

    items: list[dict[str, Any]]
    next: str | None


@api.get("/flows", response=FlowsPage, url_name="flows")
def flows(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Who talks to whom: pairs of assets, in which service, how readable, how often, from when to when."""
    open_store(site())
    rows = TalkRow.objects.order_by("source", "target", "service", "openness")
    for end in ("source", "target"):
        if value := getattr(asked, end):
            if not value.isprintable():
                raise WrongUse("no asset is called so", end, "ids of assets stand in /api/v1/assets")
            rows = rows.filter(**{end: value})
    if asked.openness:
        if asked.openness not in _OPENNESS:
            raise WrongUse("openness is not understood", asked.openness[:40], f"it is one of {', '.join(sorted(_OPENNESS))}")
        rows = rows.filter(openness=int(_OPENNESS[asked.openness]))
    if asked.cursor:
        rows = rows.after(*_read(asked.cursor))
    found = list(rows[: PAGE + 1])
    return {"items": [_form(row) for row in found[:PAGE]], "next": _write(found[PAGE - 1]) if len(found) > PAGE else None}


def _form(row: TalkRow) -> dict[str, Any]:
    return {
        "source": row.source,
        "target": row.target,
        "services": names(row.service),
        "openness": _WORDS[Openness(row.openness)],
        "connections": row.connections,
        "first": iso(moment(row.first)),
        "last": iso(moment(row.last)),
    }


def _write(row: TalkRow) -> str:
    return write_mark((row.source, row.target, row.service, row.openness))


def _read(cursor: str) -> tuple[str, str, str, int]:
    """Raises WrongUse for what is no cursor."""
    source, target, service, openness = read_mark(cursor, str, str, str, int)
    return str(source), str(target), str(service), int(openness)


@reports_api.get("/reports/{name}", response=dict[str, Any], url_name="report")
def report(request: HttpRequest, name: str) -> dict[str, Any]:
    """The numbers of a week (`2026-W49`) or of a month (`2026-11`)."""
    with or_404():
        period = service.period_of(name)
    return service.report_form(site(), period, datetime.now(UTC).date())
