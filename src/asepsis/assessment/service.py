"""The verb of the main job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from asepsis.devices import service as devices
from asepsis.encryption import service as encryption
from asepsis.encryption.service import post_quantum
from asepsis.findings.service import Check, Line, Look, findings, known_checks, publish, trace, worklist
from asepsis.hospital.service import Locator, assets, locate, plan, take_inventory
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake.service import NOTHING_READ, Ear, Lake, count, ingest, open_lake, site_for
from asepsis.network import service as network

from .assessment import Assessment, assessment_form
from .checked import Checked, Verdict, checked, checked_form
from .coverage import coverage
from .heard import heard
from .report import page
from .talks import talks
from .watch import Seen, look

__all__ = [
    "Assessment", "Checked", "Ear", "Seen", "Verdict", "all_checks", "assess", "assessment_form", "checked_form", "checks", "page",
    "site_for", "watch",
]  # fmt: skip


_ROOMS = (network, encryption, devices)


def all_checks() -> list[Check]:
    """The checks of all measures."""
    return [check for room in _ROOMS for check in room.all_checks()]


def assess(site: Site, paths: Sequence[Path], progress: Progress | None = None, cores: int = 1) -> Assessment:
    """Reads captures into the lake, takes the inventory, runs every check, and ranks what is wrong.

    Without captures what the lake holds is judged again. The same captures again change nothing. Raises BadInput for a path that is no
    capture.
    """
    ingested = ingest(site, paths, progress, cores) if paths else NOTHING_READ
    with open_lake(site) as lake:
        now = _last_packet(lake)
        inventory = take_inventory(site, lake)
        locator = locate(inventory, plan(site))
        _judge(site, lake, locator, now)
        listened = heard(lake)
        gaps = coverage(lake, inventory, locator.plan, listened, network.health(lake), len(ingested.problems))
        found, lines = findings(site), worklist(site)
        return Assessment(ingested, inventory, found, lines, talks(lake, locator), post_quantum(lake), now, listened, tuple(gaps))


def checks(site: Site) -> list[Checked]:
    """What every check could say of what the site has seen so far; nothing is looked for anew."""
    with open_lake(site) as lake:
        look_at = Look(lake, locate(assets(site), plan(site)), _last_packet(lake))
        return checked(all_checks(), look_at, count(site), findings(site))


def watch(site: Site, ear: Ear, stopped: Callable[[], bool]) -> Iterator[Seen]:
    """Listens to an interface until `stopped`: what was heard every few seconds, and the worklist whenever it was judged anew."""
    return look(site, ear, stopped, _look_again)


def _look_again(site: Site) -> list[Line]:
    """Inventory and checks over the lake as it stands; the worklist after it."""
    with open_lake(site) as lake:
        locator = locate(take_inventory(site, lake), plan(site))
        _judge(site, lake, locator, _last_packet(lake))
    return worklist(site)


def _judge(site: Site, lake: Lake, locator: Locator, now: datetime) -> None:
    """Runs every check, and remembers what one saw before the next. Where a known finding is not found again, what became of its rows is
    asked before anything is decided."""
    look, known = Look(lake, locator, now), known_checks(site)
    for room in _ROOMS:
        for seen in room.examine(look, known):
            publish(site, seen.proposals, seen.cleared, now, partial(trace, room.all_checks(), lake, locator, now), [seen.check])


def _last_packet(lake: Lake) -> datetime:
    """Findings are judged by the clock of the wire: a capture of last year is not stale because it is read today."""
    return lake.last("conn", "arp", "stats") or datetime.now(UTC)
