"""What the API tells of jobs, and how a program gives captures."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from ninja import Router

from asepsis.journal.service import acting
from asepsis.kit.errors import BadInput
from asepsis.kit.pages import or_404, site

from . import board
from .captures import Incoming
from .job import form
from .views import put

reads, gives = Router(tags=["jobs"]), Router(tags=["jobs"])
_FORM = {
    "type": "object",
    "required": ["captures"],
    "properties": {"captures": {"type": "array", "items": {"type": "string", "format": "binary"}}},
}


@reads.get("/jobs", response=list[dict[str, Any]], url_name="jobs")
def jobs(request: HttpRequest) -> list[dict[str, Any]]:
    """What runs and waits, and the last hundred that have ended."""
    return [form(job) for job in board.recent()]


@reads.get("/jobs/{id}", response=dict[str, Any], url_name="job")
def job(request: HttpRequest, id: str) -> dict[str, Any]:
    """One job, by its id."""
    with or_404():
        return form(board.get(id))


@gives.post(
    "/captures",
    response={202: dict[str, Any]},
    url_name="captures",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
def captures(request: HttpRequest) -> HttpResponse:
    """Takes captures to be assessed (`captures` of a multipart form, any number of times): 202, with where their job is told of."""
    by = str(request.auth)  # type: ignore[attr-defined]  # of ninja: who the token is of
    with Incoming(site()) as incoming, acting(by):
        incoming.attach(request)
        try:
            request.FILES  # noqa: B018 - reads them
        except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
            raise BadInput("the form is not understood", todo=error) from None
        job = put(by, incoming)
    return JsonResponse(form(job), status=202, headers={"Location": reverse("api:job", kwargs={"id": job.id})})
