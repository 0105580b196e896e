"""Proposals to test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from asepsis.findings.finding import Action, Effort, Kind, Points, Proposal
from asepsis.findings.harm import Harm, HarmKind
from asepsis.findings.ssvc import Automatable, Exploitation, Exposure

T0 = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def proposal(**given: Any) -> Proposal:
    """A posture finding on one pair, seen in the first hour; any field may be given."""
    harms = given.pop("levels", {HarmKind.PRIVACY: 3})
    fields: dict[str, Any] = {
        "check": "dicom-in-clear",
        "kind": Kind.POSTURE,
        "subject": "A1>A2",
        "title": "Anyone on the network can read 2 patients' scans sent from MR01 to PACS",
        "fault": "Anyone on the network can read patients' scans",
        "harms": {kind: Harm(level, f"{kind} {level}") for kind, level in harms.items()},
        "points": Points(Exploitation.NONE, Exposure.CONTROLLED, Automatable.NO),
        "action": Action("Switch on encryption", Effort.DAYS),
        "why": "2 patients were readable.",
        "first_seen": at(0),
        "last_seen": at(1),
        "zone": "radiology",
        "asset_kind": "MR",
        "events": ("e1",),
        "patients": 2,
        "assets": ("A1", "A2"),
    }
    return Proposal(**fields | given)
