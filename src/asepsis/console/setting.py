"""The page of settings: what the hospital states of itself, how long rows are kept, and to whom notices go."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from asepsis.hospital.service import Plan, plan
from asepsis.kit.errors import BadInput
from asepsis.kit.pages import site
from asepsis.kit.site import Site
from asepsis.notices import service as notices

SHOWN = 100
"""Stated machines that the page names; the file has them all."""


def settings_page(request: HttpRequest) -> HttpResponse:
    """As it stands in site.toml, which is read-only here, and in the store."""
    opened, now = site(), datetime.now(UTC)
    file = opened.path / "site.toml"
    told = {
        "file": file,
        "channels": [(one, one.fails_long(now)) for one in notices.channels(opened)],
        "dead": notices.dead(opened),
        "kinds": notices.KINDS.values(),
        "allowed": notices.allowed(opened),
    }
    try:
        stated = _read(opened, _changed(file))
        classed = [one for one in stated.assets if one.clinical_class]
        told |= {"plan": stated, "classed": classed[:SHOWN], "more": len(classed[SHOWN:])}
    except BadInput as error:
        told["wrong"] = str(error)
    return render(request, "console/settings.html", told)


@lru_cache(maxsize=1)
def _read(opened: Site, changed: tuple[int, int]) -> Plan:
    """The plan as of when its file was changed: twenty thousand stated machines take a second to read."""
    return plan(opened)


def _changed(file: Path) -> tuple[int, int]:
    try:
        told = file.stat()
    except OSError:
        return 0, 0
    return told.st_mtime_ns, told.st_size
