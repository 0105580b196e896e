"""What one look at captures gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asepsis.encryption.service import Readiness
from asepsis.findings.service import Finding, Line, finding_form
from asepsis.hospital.service import Asset, as_json
from asepsis.lake.service import Ingested

from .coverage import Gap, gap_form
from .heard import Heard
from .talks import Talk


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the captures showed, and all that the site now knows. `now` is the time of the last packet the site has seen, `heard` how long
    it has listened, `coverage` what it could not see. `closed` counts the findings that are gone."""

    ingested: Ingested
    assets: list[Asset]
    lines: list[Line]
    talks: list[Talk]
    post_quantum: Readiness
    now: datetime
    heard: Heard | None = None
    coverage: tuple[Gap, ...] = ()
    closed: int = 0


def assessment_form(assessment: Assessment, findings: Iterable[Finding]) -> dict[str, Any]:
    """The assessment as a JSON object, with all findings; `streams` counts the rows of these captures."""
    ingested, figures = assessment.ingested, assessment.post_quantum
    return {
        "capture": {
            **ingested.capture,
            "problems": [{"capture": where, "problem": what} for where, what in ingested.problems],
            "skipped": len(ingested.skipped),
        },
        "assets": [as_json(asset) for asset in assessment.assets],
        "findings": [finding_form(finding) for finding in findings],
        "streams": ingested.streams,
        "post_quantum": {"sessions": figures.sessions, "hybrid_offered": figures.hybrid_offered, "hybrid_used": figures.hybrid_used},
        "coverage": [gap_form(gap) for gap in assessment.coverage],
    }
