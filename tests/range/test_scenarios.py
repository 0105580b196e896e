"""Every scripted attack of the range, as a script: what it would do, without doing it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
import topology
from attacks import find
from scenario import Script
from scenarios import SCENARIOS
from state import Hospital

TABLE = Path(__file__).parents[3] / "shared" / "DETECTIONS.md"
MOST_ACTS = 3_000
VARIANTS = [f"{one.name}:{variant}" for one in SCENARIOS for variant in one.variants]


def script_of(name: str, seed: int = 1) -> Script:
    hospital = Hospital(topology.load(), seed=1, quick=False)
    one, variant = find(name)
    begin = datetime.combine(hospital.topology.date, time(10), UTC)
    script = Script(hospital, one, variant, begin, seed)
    one.variants[variant](script)
    return script


@pytest.mark.parametrize("name", VARIANTS)
def test_a_scenario_is_bounded_and_the_same_for_the_same_seed(name: str) -> None:
    script = script_of(name)
    told = [(act.at, act.host, act.what, act.peers, act.technique) for act in script.acts]
    assert 0 < len(told) <= MOST_ACTS
    assert any(act.scenario == name for act in script.acts)
    assert told == [(act.at, act.host, act.what, act.peers, act.technique) for act in script_of(name).acts]


@pytest.mark.parametrize("name", VARIANTS)
def test_its_hosts_are_there_and_its_techniques_look_like_attack_ids(name: str) -> None:
    script = script_of(name)
    known = script.hospital.topology.by_name
    for act in script.acts:
        assert {act.host, *act.peers, *(end for pair in act.beyond for end in pair)} <= known.keys()
        if act.scenario:
            assert act.technique
            assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", one) for one in act.technique), act.technique


@pytest.mark.skipif(not TABLE.exists(), reason="../shared/DETECTIONS.md is not here")
def test_every_row_of_the_table_of_attacks_has_a_scenario() -> None:
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("|")]
    rows = {line.split("|")[1].strip() for line in lines[2:]}
    assert len(rows) >= 25
    assert rows == {one.row for one in SCENARIOS if one.row}


def test_stories_are_four() -> None:
    assert [one.name for one in SCENARIOS if not one.row] == ["story-forged", "story-insider", "story-ransomware", "story-vendor"]


def test_names_are_one_of_a_kind_and_said_in_a_line() -> None:
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS)
    assert all(re.fullmatch(r"[a-z0-9_-]+", one.name) and one.title and one.variants for one in SCENARIOS)
