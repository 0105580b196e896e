"""A zone counts as isolated only as long as nothing was seen to come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.checks.replay import EMPTY_ASSET, NOW, RowsLake

from asepsis.findings.look import Look
from asepsis.findings.ssvc import Exposure
from asepsis.hospital.asset import from_json
from asepsis.hospital.service import Locator, as_json
from asepsis.hospital.site_toml import read_plan

PLAN = """
[[zones]]
name = "icu"
cidrs = ["10.0.1.0/24"]
isolated = true

[[zones]]
name = "office"
cidrs = ["10.0.2.0/24"]
"""
ANSWERED = {"id_resp_p": 80, "proto": "tcp", "service": "http", "orig_pkts": 3, "resp_pkts": 3, "resp_bytes": 9}


def look(tmp_path: Path, *ends: tuple[str, str], plan: str = PLAN) -> Look:
    (tmp_path / "site.toml").write_text(plan)
    at = {"a": "10.0.1.1", "b": "10.0.1.2", "pc": "10.0.2.1"}
    zones = {"a": "icu", "b": "icu", "pc": "office"}
    told: list[dict[str, Any]] = [as_json(EMPTY_ASSET) | {"id": id, "addresses": [at[id]], "zone": zones[id]} for id in at]
    rows = {"conn": [ANSWERED | {"id_orig_h": at.get(one, one), "id_resp_h": at.get(other, other)} for one, other in ends]}
    return Look(RowsLake(rows), Locator(map(from_json, told), read_plan(tmp_path / "site.toml")), NOW)


def exposure(found: Look) -> Exposure:
    return found.parties.exposure(found.at("10.0.1.1"), found.at("10.0.1.2"))


@pytest.mark.parametrize(
    ("ends", "counts"),
    [
        ([("a", "b")], Exposure.SMALL),
        ([("a", "pc")], Exposure.SMALL),
        ([("pc", "a")], Exposure.CONTROLLED),
        ([("192.168.9.9", "b")], Exposure.CONTROLLED),
        ([("198.51.100.7", "b")], Exposure.CONTROLLED),
    ],
)
def test_what_was_seen_to_come_in_speaks_against_the_statement(tmp_path: Path, ends: list[tuple[str, str]], counts: Exposure) -> None:
    assert exposure(look(tmp_path, *ends)) is counts


def test_a_look_at_what_came_since_goes_by_what_was_seen_before(tmp_path: Path) -> None:
    before = look(tmp_path, ("pc", "a"))
    before.reach.find()
    since = look(tmp_path, ("a", "b"))
    assert exposure(since) is Exposure.SMALL
    assert exposure(Look(RowsLake({}), since.locator, NOW, reach=before.reach)) is Exposure.CONTROLLED


def test_where_no_zone_is_stated_to_be_isolated_nothing_is_asked(tmp_path: Path) -> None:
    found = look(tmp_path, ("pc", "a"), plan=PLAN.replace("isolated = true", ""))
    assert found.reach.entered == frozenset()
    assert found._lake.queries == []  # type: ignore[attr-defined]
