"""The verbs of network security: look at the lake with every check and every rule; say how well the sensor hears."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from asepsis.findings.service import Examined, Lake, Look, publish
from asepsis.findings.service import examine as examine_with
from asepsis.kit.site import Site
from asepsis.lake.service import news, open_lake
from asepsis.settings import open_store

from .checks import all_checks
from .detect import Around, Rows
from .detect import detect as detect_with
from .health import Health, Trouble
from .health import health as health_of
from .library import Entry, Library
from .library import library as library_of

__all__ = ["Entry", "Health", "Library", "Trouble", "all_checks", "detect", "examine", "health", "library"]


def library(site: Site | None = None) -> Library:
    """The rules of asepsis, and those that a site added. Raises BadInput for one that cannot be used."""
    return library_of(rules_of(site) if site else None)


def rules_of(site: Site) -> Path:
    """Where a site keeps the rules that it added."""
    return site.path / "rules"


def detect(site: Site, look: Look) -> None:
    """Asks every rule of what came into the lake since the last time, and publishes the alerts: all of it, or nothing, so that a run that
    is killed is made again. The same rows again change nothing."""
    rules = library(site)
    open_store(site)
    from django.db import transaction

    from . import store

    with transaction.atomic(), ExitStack() as held:
        progress = store.progress()
        came = news(site, progress.commit, progress.parts)
        if not came.parts:
            return
        begun = datetime.fromtimestamp(min(part.min_ts for part in came.parts) / 1e6, UTC)
        progress.began = min(filter(None, (progress.began, begun)))
        around = Around(lambda since: open_lake(site, since=since), held)
        rows = Rows(held.enter_context(open_lake(site, only=came.parts)), around, progress.began)
        proposals = list(detect_with(rules, rows, look))
        if proposals:
            publish(site, proposals, now=look.now, checks={proposal.check for proposal in proposals})
        progress.commit, progress.parts, progress.last = came.n, sorted(came.known), look.now
        progress.save()


def examine(look: Look, known: Collection[str]) -> Iterator[Examined]:
    """What each check of this room proposes and clears; `known` are the checks that have findings."""
    return examine_with(all_checks(), look, known)


def health(lake: Lake) -> list[Health]:
    """How well each interface (and what captures showed) was heard in the last day of the lake, and what to mend at the switch."""
    return health_of(lake)
