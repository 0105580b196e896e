"""The day: the same for the same seed, whole, and with everything in it that looks like an attack and is none."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path

import pytest

RANGE = Path(__file__).resolve().parents[2] / "range"
sys.path.append(str(RANGE))
sys.path.append(str(RANGE / "daemons"))

pytest.importorskip("impacket", reason="the range's own packages are not here")

import schedule  # noqa: E402
import topology  # noqa: E402
from act import Act  # noqa: E402
from state import Hospital  # noqa: E402

ROWS = {
    *(row for path in sorted((RANGE / "scenarios").glob("*.py")) for row in re.findall(r'^    row="(.+)",$', path.read_text(), re.M)),
    "rogue DHCP, ARP spoof, name relay",
    "exploit strings",
    "cleartext PHI, unauthenticated medical service",
}


@cache
def hospital(quick: bool = False) -> Hospital:
    whole = topology.load()
    return Hospital(whole.quick() if quick else whole, 1, quick)


def begin() -> datetime:
    return datetime.combine(hospital().topology.date, time(), UTC)


@cache
def day(seed: int = 1, quick: bool = False, ordinary: bool = False) -> tuple[Act, ...]:
    return tuple(schedule.acts_of(hospital(quick), begin(), begin() + timedelta(days=1), seed, ordinary=ordinary))


def told(acts: Iterable[Act]) -> list[tuple[datetime, str, str, tuple[str, ...]]]:
    return [(act.at, act.host, act.what, act.peers) for act in acts]


def test_a_seed_gives_a_day() -> None:
    again = schedule.acts_of(hospital(), begin(), begin() + timedelta(days=1), 1)
    assert told(again) == told(day())


def test_another_seed_gives_another_day() -> None:
    assert told(day(2)) != told(day())


def test_every_seed_has_all_that_is_rare() -> None:
    assert {act.what for act in day(2)} == {act.what for act in day()}


def test_an_ordinary_day_has_what_is_rare_by_chance() -> None:
    rare = {"images for research", "payer's export", "test string of a test week", "pump with another card", "another address"}
    seen = [{act.what for act in day(seed, ordinary=True)} & rare for seed in range(1, 8)]
    assert set.union(*seen) >= {"payer's export"}
    assert not set.intersection(*seen)
    assert rare <= {act.what for act in day()}


def test_what_changed_before_a_day_begins_is_set_at_its_beginning() -> None:
    """Whatever was lived through last: a day has its own state."""
    acts = schedule.acts_of(hospital(), begin() + timedelta(hours=14), begin() + timedelta(hours=15), 1)
    set_first = {act.what for act in acts if act.at == begin() + timedelta(hours=14)}
    assert {"record in use", "card in use", "firmware in use", "program in use"} <= set_first


@pytest.mark.parametrize("seed", [1, 4, 6])
@pytest.mark.parametrize("row", sorted(ROWS))
def test_beside_every_attack_is_something_harmless(row: str, seed: int) -> None:
    assert any(act.looks_like == row for act in day(seed))


def test_likenesses_are_rows_of_the_table() -> None:
    assert {act.looks_like for act in day() if act.looks_like} <= ROWS


def test_no_act_of_the_day_is_an_attack() -> None:
    assert not [act.what for act in day() if act.scenario or act.technique]


@pytest.mark.parametrize("quick", [False, True])
def test_acts_are_by_hosts_that_are_there(quick: bool) -> None:
    known, whole = hospital(quick).topology.by_name, hospital().topology.by_name
    for act in day(quick=quick):
        assert {act.host, *act.peers} <= set(known), act.what
        assert {name for pair in act.beyond for name in pair} <= set(whole), act.what
        assert not known[act.host].rogue, act.what


@pytest.mark.parametrize("hours", [(0, 24), (9, 11)])
def test_moments_lie_in_the_day(hours: tuple[int, int]) -> None:
    first, last = (begin() + timedelta(hours=hour) for hour in hours)
    acts = schedule.acts_of(hospital(), first, last, 1)
    assert all(first <= act.at < last for act in acts)


def test_thresholds_are_reached() -> None:
    """What is counted by rules is there in numbers that a rule would count."""
    count = Counter(act.what for act in day())
    ended = [act.at for act in day() if act.what == "password that has ended"]
    assert max(sum(2 for at in ended if first <= at < first + timedelta(minutes=30)) for first in ended) >= 30
    assert len({act.at.hour for act in day() if act.what == "senders sought in a block list"}) >= 10
    assert count["log-in by badge"] >= 36
    assert count["remote service calls its hub"] >= 140
    assert count["images for research"] == 26


def test_a_feed_that_is_down_is_silent() -> None:
    down = next(act.at for act in day() if act.what == "pumps' feed down as planned")
    values = [act.at for act in day() if act.what == "pumps' values"]
    assert not [at for at in values if down <= at < down + timedelta(hours=1)]
