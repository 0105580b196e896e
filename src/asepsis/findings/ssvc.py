"""The public decision tables: how soon to act, from four decision points.

Source: CERT/CC SSVC (Stakeholder-Specific Vulnerability Categorization), Deployer table 1.0.0 over Exploitation 1.1.0, System Exposure
1.0.1, Automatable 2.0.0 and Human Impact 2.0.2, and the Human Impact table 1.0.0 over Safety Impact 2.0.1 and Mission Impact 2.0.0.
Values are spelled as there. The 72 and 16 rows stand in `ssvc.json`.
"""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import Any


class Exploitation(StrEnum):
    """What is known of attacks that use this."""

    NONE = "none"
    PUBLIC_POC = "public poc"
    ACTIVE = "active"


class Exposure(StrEnum):
    """Who can get at it: one part of the network, several parts with something between, anyone."""

    SMALL = "small"
    CONTROLLED = "controlled"
    OPEN = "open"


class Automatable(StrEnum):
    """Whether a program can do the whole attack, up to exploitation, without a person."""

    NO = "no"
    YES = "yes"


class Safety(StrEnum):
    NEGLIGIBLE = "negligible"
    MARGINAL = "marginal"
    CRITICAL = "critical"
    CATASTROPHIC = "catastrophic"


class Mission(StrEnum):
    """What it does to the hospital's work ("mef": mission essential function)."""

    DEGRADED = "degraded"
    MEF_SUPPORT_CRIPPLED = "mef support crippled"
    MEF_FAILURE = "mef failure"
    MISSION_FAILURE = "mission failure"


class HumanImpact(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very high"

    @cached_property
    def rank(self) -> int:
        return list(HumanImpact).index(self)


class Decision(StrEnum):
    DEFER = "defer"
    SCHEDULED = "scheduled"
    OUT_OF_CYCLE = "out-of-cycle"
    IMMEDIATE = "immediate"

    @cached_property
    def rank(self) -> int:
        return list(Decision).index(self)


def decide(exploitation: Exploitation, exposure: Exposure, automatable: Automatable, impact: HumanImpact) -> Decision:
    """The Deployer table."""
    return Decision(_tables()["decision"][exploitation][exposure][automatable][impact.rank])


def human_impact(safety: Safety, mission: Mission) -> HumanImpact:
    """The Human Impact table."""
    return HumanImpact(_tables()["human_impact"][safety][list(Mission).index(mission)])


@cache
def _tables() -> Any:
    return json.loads(files(__package__).joinpath("ssvc.json").read_text("utf-8"))
