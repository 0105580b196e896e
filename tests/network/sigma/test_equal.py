"""The SQL of a rule finds what working it out event by event finds: always."""

from __future__ import annotations

import itertools
import os
from datetime import datetime
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.network.sigma import brute, making
from tests.network.sigma.tables import Row, Rows

from asepsis.network.sigma import query
from asepsis.network.sigma.episode import Episode
from asepsis.network.sigma.hunt import follow, hunt, of
from asepsis.network.sigma.pack import Pack, pack, rules
from asepsis.network.sigma.query import EARLIEST, LATEST, Reach
from asepsis.network.sigma.rule import Correlation, Rule
from asepsis.network.sigma.taxonomy import Taxonomy

MORE = 100 if os.environ.get("ASEPSIS_SOAK") else 1
LONG = settings(max_examples=100 * MORE, deadline=None, suppress_health_check=list(HealthCheck))


def document(detection: dict[str, Any], name: str = "one", service: str = "dns") -> dict[str, Any]:
    return {"title": name, "name": name, "logsource": {"product": "zeek", "service": service}, "detection": detection}


@LONG
@given(making.detections, st.lists(making.dns_rows, max_size=6))
def test_a_detection_means_what_it_says(detection: dict[str, Any], rows: list[Row]) -> None:
    one = document(detection)
    tables = Rows({"dns": rows})
    expected = sorted(row["event_id"] for row in tables.given["dns"] if brute.means(one, row, "dns"))
    read = pack(rules(yaml.safe_dump(one, allow_unicode=True).encode(), "rule.yml"))
    assert sorted(match.event_id for match in hunt(tables, read)) == expected


@LONG
@given(making.packs(), making.tables)
def test_a_correlation_holds_when_it_says(documents: dict[str, Any], rows: dict[str, list[Row]]) -> None:
    last = list(documents)[-1]
    tables = Rows(rows)
    read = read_pack(documents)
    expected = sorted(((group, moment) for group, moment, _ in brute.moments(documents, last, tables.given)), key=repr)
    (one,) = [rule for rule in read.rules if rule.key == last]
    assert isinstance(one, Correlation)
    got = tables.rows(query.of_moments(one, read, Taxonomy(tables.streams), Reach()))
    assert sorted(((tuple(row[f"g{n}"] for n in range(len(one.group_by))), row["t"]) for row in got), key=repr) == expected


@LONG
@given(making.packs(), making.tables)
def test_an_episode_tells_its_events(documents: dict[str, Any], rows: dict[str, list[Row]]) -> None:
    last = list(documents)[-1]
    tables = Rows(rows)
    read = read_pack(documents)
    (one,) = [rule for rule in read.rules if rule.key == last]
    got = [
        (tuple(value for _, value in found.group), found.begin, found.held_from, found.end, found.events, told(one, found))
        for found in of(one, tables, read, Reach(), 50)
        if isinstance(found, Episode)
    ]
    assert sorted(got, key=repr) == sorted(brute.episodes(documents, last, tables.given), key=repr)


def told(one: Rule | Correlation, found: Episode) -> list[tuple[str, int]]:
    assert isinstance(one, Correlation)
    ordered = one.kind.startswith("temporal")
    return [(event.event_id, one.references.index(event.rule) if ordered else 0) for event in found.evidence]


def read_pack(documents: dict[str, Any]) -> Pack:
    return pack(rules(yaml.safe_dump_all(documents.values(), allow_unicode=True).encode(), "rule.yml"))


@LONG
@given(making.packs(), making.tables, st.lists(making.moments, max_size=3))
def test_looks_that_follow_each_other_find_what_one_look_finds(
    documents: dict[str, Any], rows: dict[str, list[Row]], cuts: list[datetime]
) -> None:
    tables, read = Rows(rows), read_pack(documents)
    one = read.rules[-1]
    assert isinstance(one, Correlation)
    standing: dict[tuple[object, ...], Episode] = {}
    times = [EARLIEST, *sorted(set(cuts)), LATEST]
    for since, until in itertools.pairwise(times):
        for found in follow(one, tables, read, Reach(since, until), standing.values()):
            standing[found.values, found.begin] = found
    whole = [found for found in of(one, tables, read, Reach()) if isinstance(found, Episode)]
    assert sorted(map(counted, standing.values()), key=repr) == sorted(map(counted, whole), key=repr)


def counted(found: Episode) -> tuple[Any, ...]:
    return found.group, found.begin, found.held_from, found.end, found.events, found.value
