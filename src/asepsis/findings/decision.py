"""From a proposal to a decision: which decision points count for which kind of finding."""

from __future__ import annotations

from dataclasses import replace

from .finding import Kind, Points, Proposal
from .harm import impact_of
from .ssvc import Decision, Exploitation, Exposure, HumanImpact, decide


def points_that_count(proposal: Proposal) -> Points:
    """Of an alert the attacker is at work and already inside, whatever the measure says; otherwise the points as handed in."""
    if proposal.kind is Kind.ALERT:
        return replace(proposal.points, exploitation=Exploitation.ACTIVE, exposure=Exposure.OPEN)
    return proposal.points


def judge(proposal: Proposal) -> tuple[Decision, HumanImpact]:
    """The decision by the SSVC Deployer table, and the human impact it rests on."""
    points, impact = points_that_count(proposal), impact_of(proposal.harms)
    return decide(points.exploitation, points.exposure, points.automatable, impact), impact
