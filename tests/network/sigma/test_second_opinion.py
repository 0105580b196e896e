"""pySigma's SQLite backend, written by others, finds the same wherever both can: ASCII text, no missing value under NOT, no ties in order.

Its time windows are closed too, and it leaves out events without a field of the group; its percentile is interpolated, ours is not.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection
from tests.network.sigma.tables import START, Row, Rows, at, held

from asepsis.network.sigma.episode import Match
from asepsis.network.sigma.hunt import hunt
from asepsis.network.sigma.pack import pack, rules

sqlite = pytest.importorskip("sigma.backends.sqlite", reason="pysigma-backend-sqlite is not installed").sqliteBackend

COLUMNS = ("event_id", "ts", "id_orig_h", "query", "rcode")
NAMES = st.sampled_from(["a", "b", "ab", "a_b", "a%"])
WORDS = st.sampled_from(["a", "b", "A", "_", "%", "a?b", "*b"])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "id_orig_h": st.sampled_from(["a", "b", None]),
            "query": NAMES,
            "rcode": st.integers(0, 5),
        }
    ),
    max_size=12,
)
gaps = st.lists(st.integers(1, 40), min_size=12, max_size=12)
FIELDS = st.one_of(
    st.tuples(
        st.sampled_from(["query", "query|contains", "query|startswith", "query|endswith"]),
        st.sampled_from(["a", "b", "A", "_", "%", "a?b", "*b"]),
    ),
    st.tuples(st.sampled_from(["rcode", "rcode|gte", "rcode|lt"]), st.integers(0, 5)),
)
selections = st.lists(FIELDS, min_size=1, max_size=2).map(dict)
CONDITIONS = ["a", "b", "a and b", "a or b", "not a", "a and not b", "not (a or b)", "1 of them", "all of them"]


def document(name: str, a: Any, b: Any, condition: str) -> dict[str, Any]:
    return {
        "title": name,
        "name": name,
        "logsource": {"product": "zeek", "service": "dns"},
        "detection": {"a": a, "b": b, "condition": condition},
    }


def second(documents: list[dict[str, Any]], some: list[Row]) -> list[dict[str, Any]]:
    """What the other backend's query answers."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE dns ({', '.join(f'{column} COLLATE NOCASE' if column != 'ts' else column for column in COLUMNS)})")
    cells = [tuple((row["ts"] - START).total_seconds() if column == "ts" else row.get(column) for column in COLUMNS) for row in some]
    connection.executemany("INSERT INTO dns VALUES (?, ?, ?, ?, ?)", cells)
    backend = sqlite(table="dns", timestamp_field="ts", event_id_field="event_id", timestamp_format="unix")
    query = backend.convert(SigmaCollection.from_yaml(yaml.safe_dump_all(documents)))[-1]
    answer = connection.execute(query)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer]


def timed(some: list[Row], apart: list[int]) -> list[Row]:
    return [row | {"ts": at(sum(apart[: n + 1]))} for n, row in enumerate(some)]


@settings(max_examples=100, deadline=None)
@given(selections, selections, st.sampled_from(CONDITIONS), rows)
def test_detections(a: Any, b: Any, condition: str, some: list[Row]) -> None:
    one = document("one", a, b, condition)
    tables = Rows({"dns": some})
    ours = sorted(match.event_id for match in hunt(tables, pack(rules(yaml.safe_dump(one).encode(), "x"))) if isinstance(match, Match))
    assert sorted(row["event_id"] for row in second([one], tables.given["dns"])) == ours


SIMPLE = [document("one", {"query|contains": "a"}, {"rcode": 1}, "a"), document("two", {"rcode|gte": 0}, {"query": "b"}, "a and b")]
BOUNDS = st.tuples(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"]), st.integers(0, 6)).map(lambda pair: dict([pair]))


@st.composite
def sections(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["event_count", "value_count", "value_sum", "value_avg", "temporal", "temporal_ordered"]))
    wanted = draw(st.sampled_from([["one"], ["one", "two"], ["two", "one"]]))
    section = {
        "type": kind,
        "rules": wanted,
        "timespan": draw(st.sampled_from(["20s", "1m", "2m"])),
        "group-by": draw(st.sampled_from([[], ["id_orig_h"]])),
    }
    if not kind.startswith("temporal"):
        field = {"value_count": "query", "value_sum": "rcode", "value_avg": "rcode"}.get(kind)
        section["condition"] = draw(BOUNDS) | ({"field": field} if field else {})
    return section


@settings(max_examples=100, deadline=None)
@given(sections(), rows, gaps)
def test_correlations(section: dict[str, Any], some: list[Row], apart: list[int]) -> None:
    documents = [*SIMPLE, {"title": "many", "name": "many", "correlation": section}]
    tables = Rows({"dns": timed(some, apart)})
    theirs = [(tuple(json.loads(row["group_keys"]).values()), at(row["occurrence_time"])) for row in second(documents, tables.given["dns"])]
    ours = held(tables, pack(rules(yaml.safe_dump_all(documents).encode(), "x")))
    assert sorted(theirs) == sorted((tuple(value for name, value in row.items() if name.startswith("g")), row["t"]) for row in ours)
