from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.findings.decision import judge
from asepsis.findings.finding import Kind, Points
from asepsis.findings.harm import Harm, HarmKind, impact_of, ordering_class
from asepsis.findings.ssvc import Automatable, Decision, Exploitation, Exposure, HumanImpact, Mission, Safety, decide, human_impact

from .making import proposal

PUBLIC = Path(__file__).parents[3] / "shared/advisories/ssvc"
public = pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public tables are not here to compare with")

# Places on the four axes, each from good to bad.
POINTS = st.tuples(*(st.integers(0, len(axis) - 1) for axis in (Exploitation, Exposure, Automatable, HumanImpact)))


def decision_at(place: tuple[int, ...]) -> Decision:
    exploitation, exposure, automatable, impact = place
    return decide(list(Exploitation)[exploitation], list(Exposure)[exposure], list(Automatable)[automatable], list(HumanImpact)[impact])


def rows(name: str) -> list[list[str]]:
    with (PUBLIC / name).open(newline="") as file:
        return [row[1:] for row in csv.reader(file)][1:]


@public
def test_decisions_are_those_of_the_public_table() -> None:
    table = rows("ssvc_deployer_1_0_0.csv")
    assert len(table) == 72
    for exploitation, exposure, automatable, impact, decision in table:
        ours = decide(Exploitation(exploitation), Exposure(exposure), Automatable(automatable), HumanImpact(impact))
        assert ours == decision, (exploitation, exposure, automatable, impact)


@public
def test_human_impacts_are_those_of_the_public_table() -> None:
    table = rows("human_impact_1_0_0.csv")
    assert len(table) == 16
    for safety, mission, impact in table:
        assert human_impact(Safety(safety), Mission(mission)) == impact, (safety, mission)


def test_a_graver_human_impact_never_gives_a_later_decision() -> None:
    for points in product(Exploitation, Exposure, Automatable):
        ranks = [decide(*points, impact).rank for impact in HumanImpact]
        assert ranks == sorted(ranks), points


@given(POINTS, POINTS)
def test_no_point_that_gets_worse_gives_a_later_decision(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    best, worst = (tuple(pick(pair) for pair in zip(one, other, strict=True)) for pick in (min, max))
    assert decision_at(worst).rank >= decision_at(best).rank


@given(st.dictionaries(st.sampled_from(HarmKind), st.integers(0, 4)), st.sampled_from(HarmKind))
def test_a_graver_harm_never_gives_a_lower_impact(levels: dict[HarmKind, int], kind: HarmKind) -> None:
    harms = {k: Harm(level, "") for k, level in levels.items()}
    worse = harms | {kind: Harm(min(levels.get(kind, 0) + 1, 4), "")}
    assert impact_of(worse).rank >= impact_of(harms).rank


@pytest.mark.parametrize(
    ("safety", "other", "impact"),
    [
        (0, 0, "low"),
        (1, 2, "low"),
        (1, 3, "medium"),
        (2, 3, "medium"),
        (3, 1, "medium"),
        (3, 2, "high"),
        (0, 4, "very high"),
        (4, 0, "very high"),
    ],
)
def test_human_impact_is_safety_against_the_worst_of_the_others(safety: int, other: int, impact: str) -> None:
    harms = {HarmKind.SAFETY: Harm(safety, ""), HarmKind.PRIVACY: Harm(other, ""), HarmKind.SERVICE: Harm(0, "")}
    assert impact_of(harms) == impact


def test_a_harm_beyond_four_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 4"):
        Harm(5, "")


@pytest.mark.parametrize(("given_class", "counts_as"), [("unknown", "monitor"), ("", "monitor"), ("life", "life"), ("none", "none")])
def test_unknown_counts_as_monitor_where_findings_are_ordered(given_class: str, counts_as: str) -> None:
    assert ordering_class(given_class) == counts_as


def test_an_alert_counts_as_an_attacker_at_work_inside() -> None:
    mild = Points(Exploitation.NONE, Exposure.SMALL, Automatable.YES)
    assert judge(proposal(points=mild, levels={HarmKind.SAFETY: 3, HarmKind.SERVICE: 2}))[0] is Decision.SCHEDULED
    assert judge(proposal(points=mild, levels={HarmKind.SAFETY: 3, HarmKind.SERVICE: 2}, kind=Kind.ALERT))[0] is Decision.IMMEDIATE
