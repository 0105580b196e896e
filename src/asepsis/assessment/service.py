"""The verb of the main job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from asepsis.findings.service import lines_of, publish
from asepsis.hospital.service import locate, plan, take_inventory
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake.service import Lake, ingest, open_lake
from asepsis.network.service import examine, post_quantum

from .assessment import Assessment, assessment_form
from .report import page
from .talks import talks

__all__ = ["Assessment", "assess", "assessment_form", "page"]


def assess(site: Site, paths: Sequence[Path], progress: Progress | None = None) -> Assessment:
    """Reads captures into the lake, takes the inventory, runs every check, and ranks what is wrong.

    The same captures again change nothing. Raises BadInput for a path that is no capture.
    """
    ingested = ingest(site, paths, progress)
    lake = open_lake(site)
    now = _last_packet(lake)
    assets = take_inventory(site, lake)
    locator = locate(assets, plan(site))
    examined = examine(lake, locator, now)
    findings = publish(site, examined.proposals, examined.cleared, now)
    return Assessment(ingested, assets, findings, lines_of(findings), talks(lake, locator), post_quantum(lake), now)


def _last_packet(lake: Lake) -> datetime:
    """Findings are judged by the clock of the wire: a capture of last year is not stale because it is read today."""
    streams = ("conn", "arp")
    times = [lake.sql(f"SELECT MAX(ts) AS ts FROM {stream}").column("ts")[0].as_py() for stream in streams]  # noqa: S608 - names of ours
    return max((ts for ts in times if ts is not None), default=datetime.now(UTC))
