"""The verb of the main job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asepsis.findings.service import Finding, Line, finding_form, lines_of, publish
from asepsis.hospital.service import Asset, as_json, locate, plan, take_inventory
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake.service import Ingested, ingest, open_lake
from asepsis.network.service import Readiness, examine, post_quantum

from .report import page
from .talks import Talk, talks

__all__ = ["Assessment", "Talk", "assess", "assessment_form", "page"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the captures showed, and all that the site now knows. `now` is the time of the last packet the site has seen."""

    ingested: Ingested
    assets: list[Asset]
    findings: list[Finding]
    lines: list[Line]
    talks: list[Talk]
    post_quantum: Readiness
    now: datetime


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


def assessment_form(assessment: Assessment) -> dict[str, Any]:
    """The assessment as a JSON object; `streams` counts the rows of these captures."""
    ingested, figures = assessment.ingested, assessment.post_quantum
    return {
        "capture": {
            **ingested.capture,
            "problems": [{"capture": where, "problem": what} for where, what in ingested.problems],
            "skipped": len(ingested.skipped),
        },
        "assets": [as_json(asset) for asset in assessment.assets],
        "findings": [finding_form(finding) for finding in assessment.findings],
        "streams": ingested.streams,
        "post_quantum": {"sessions": figures.sessions, "hybrid_offered": figures.hybrid_offered, "hybrid_used": figures.hybrid_used},
    }


def _last_packet(lake: Any) -> datetime:
    """Findings are judged by the clock of the wire: a capture of last year is not stale because it is read today."""
    streams = ("conn", "arp")
    times = [lake.sql(f"SELECT MAX(ts) AS ts FROM {stream}").column("ts")[0].as_py() for stream in streams]  # noqa: S608 - names of ours
    return max((ts for ts in times if ts is not None), default=datetime.now(UTC))
