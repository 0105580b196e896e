"""The verb of the main job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from asepsis.encryption.service import post_quantum
from asepsis.findings.service import Look, State, count_of, findings, worklist
from asepsis.hospital.service import assets, locate, plan
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake.service import NOTHING_READ, Ear, count, ingest, open_lake, site_for
from asepsis.network import service as network

from . import running
from .assessment import Assessment, assessment_form
from .checked import Checked, Verdict, checked, checked_form
from .coverage import coverage
from .heard import heard
from .judgement import Judge, all_checks, judge, last_packet, places_of, references
from .report import page
from .talks import talks
from .watch import Seen, look

__all__ = [
    "Assessment", "Checked", "Ear", "Judge", "Seen", "Verdict", "all_checks", "assess", "assessment_form", "checked_form", "checks", "page",
    "references", "site_for", "watch",
]  # fmt: skip


def assess(site: Site, paths: Sequence[Path], progress: Progress | None = None, cores: int = 1) -> Assessment:
    """Reads captures into the lake, takes the inventory, runs every check, and ranks what is wrong.

    Without captures what the lake holds is judged again. The same captures again change nothing. Raises BadInput for a path that is no
    capture.
    """
    ingested = ingest(site, paths, progress, cores) if paths else NOTHING_READ
    with open_lake(site) as lake:
        inventory, look_at = judge(site, lake)
        running.everything(site, look_at.locator, places_of(lake))
        listened, talk = heard(lake), talks(running.said())
        gaps = coverage(lake, inventory, look_at.plan, listened, network.health(lake), len(ingested.problems))
        lines, ready, closed = worklist(site), post_quantum(lake), count_of(site, State.CLOSED)
        return Assessment(ingested, inventory, lines, talk, ready, look_at.now, listened, tuple(gaps), closed)


def checks(site: Site) -> list[Checked]:
    """What every check could say of what the site has seen so far; nothing is looked for anew."""
    with open_lake(site) as lake:
        look_at = Look(lake, locate(assets(site), plan(site)), last_packet(lake))
        return checked(all_checks(), look_at, count(site), findings(site))


def watch(site: Site, ear: Ear, stopped: Callable[[], bool]) -> Iterator[Seen]:
    """Listens to an interface until `stopped`: what was heard every few seconds, and the worklist whenever it was judged anew."""
    return look(site, ear, stopped, Judge(site))
