"""A hunt finds what rows grouped one after the other come to, whether they are few or many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.network.sigma.tables import Row, Rows, at

from asepsis.network import hunting
from asepsis.network.library import Entry, of_bytes
from asepsis.network.sighting import EVIDENCE, GAP, Sighting
from asepsis.network.sigma.query import Reach

RULE = of_bytes(
    b"""
title: Refused
id: 5f0a0d52-52b5-4f43-9b5c-6a1e7d5e9a10
logsource: {product: asepsis, service: conn}
detection: {selection: {conn_state: [S0, REJ]}, condition: selection}
""",
    Path("refused"),
    "rule.yml",
    own=False,
)
# Minutes and hours apart, and exactly an hour; across the hours of the clock.
times = st.integers(0, 60).map(lambda n: at(n * 600)) | st.integers(0, 300).map(lambda n: at(n * 60)) | st.integers(0, 9_000).map(at)
hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3", "", None])
rows = st.lists(
    st.fixed_dictionaries({"ts": times, "id_orig_h": hosts, "id_resp_h": hosts, "conn_state": st.sampled_from(["S0", "SF", "rej"])}),
    max_size=60,
)


def plainly(given: Sequence[Row]) -> list[dict[str, Any]]:
    """One row after the other: attacker, victims, from when to when, how many, and the first of them."""
    meant = sorted((row["id_orig_h"] or "", row["ts"], row["event_id"], row["id_resp_h"]) for row in _refused(given))
    found: list[dict[str, Any]] = []
    for attacker, ts, event, victim in meant:
        if not found or found[-1]["attacker"] != attacker or ts - found[-1]["end"] > GAP:
            found.append({"attacker": attacker, "victims": set(), "begin": ts, "end": ts, "rows": []})
        found[-1]["end"] = ts
        found[-1]["rows"].append(event)
        found[-1]["victims"] |= {victim} if victim else set()
    return found


def _refused(given: Sequence[Row]) -> list[Row]:
    return [row | {"id_resp_h": row["id_resp_h"] or ""} for row in given if row["conn_state"] != "SF"]


def told(one: Sighting) -> tuple[Any, ...]:
    return one.attacker, set(one.victims), one.begin, one.end, one.events, [row.event_id for row in one.evidence]


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from([0, 5, hunting.FEW]))
def test_few_and_many_rows(given_rows: list[Row], few: int) -> None:
    tables = Rows({"conn": given_rows})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hunting, "FEW", few)
        found = hunting.hunt(RULE, tables, Reach())
    wanted = [
        (one["attacker"], one["victims"], one["begin"], one["end"], len(one["rows"]), one["rows"][:EVIDENCE])
        for one in plainly(tables.given["conn"])
    ]
    assert [told(one) for one in found] == wanted


@pytest.mark.parametrize("entries", [[RULE], [RULE, replace(RULE, name="again")]], ids=["alone", "together"])
def test_a_reach_is_kept(entries: list[Entry]) -> None:
    tables = Rows({"conn": [{"ts": at(n * 60), "id_orig_h": "10.0.0.1", "id_resp_h": "10.0.0.2", "conn_state": "S0"} for n in range(10)]})
    found = [some for _, some in hunting.hunt_all(entries, tables, Reach(at(120), at(181)))]
    assert [[one.events for one in some] for some in found] == [[2]] * len(entries)
