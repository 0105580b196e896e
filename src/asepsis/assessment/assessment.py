"""What one look at captures gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asepsis.encryption.service import Readiness
from asepsis.findings.service import Finding, Line, finding_form
from asepsis.hospital.service import Asset, as_json
from asepsis.lake.service import Ingested

from .talks import Talk


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
