"""What is done is noted whole, whatever interrupts it. The acts fail, for no host is up, and are noted all the same."""

from __future__ import annotations

import resource
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .conftest import RANGE

pytest.importorskip("impacket", reason="the range's own packages are not here")

sys.path.append(str(RANGE / "daemons"))

import living_day
import stage
import topology
from act import Act
from attacks import find
from lan import RangeError
from scenario import Script
from state import Hospital

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "acts.jsonl"
    monkeypatch.setattr(stage, "NOTES", path)
    return path


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file gets larger than a line and a half of notes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def acts(*hosts: str) -> list[Act]:
    return [Act(AT, host, "nothing", lambda hospital, moment: None) for host in hosts]


def play(*hosts: str) -> None:
    stage.play(Hospital(topology.load(), 1, True), acts(*hosts))


def test_half_a_last_line_is_no_note_and_none_is_written_behind_it(notes: Path) -> None:
    play("ct01")
    notes.write_bytes(notes.read_bytes() + b'{"number": 2, "at"')
    assert [one.host for one in stage.noted()] == ["ct01"]
    play("mr01")
    assert [(one.number, one.host) for one in stage.noted()] == [(1, "ct01"), (2, "mr01")]


@pytest.mark.usefixtures("little_room")
def test_a_note_without_room_is_said_and_leaves_those_before_it(notes: Path) -> None:
    with pytest.raises(RangeError, match=r"acts\.jsonl: .*noted"):
        play("ct01", "mr01", "pacs")
    assert len(stage.noted()) == 1
    assert notes.read_bytes().endswith(b"\n")


def test_what_was_under_way_when_it_was_given_up_is_noted(notes: Path) -> None:
    def give_up(done: int, whole: int, act: Act) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage.play(Hospital(topology.load(), 1, True), acts("ct01", "mr01", "pacs"), give_up)
    assert {one.host for one in stage.noted()} == {"ct01", "mr01", "pacs"}


def lacking(*names: str) -> Hospital:
    """The hospital without some zones or hosts."""
    whole = topology.load()
    hosts = tuple(one for one in whole.hosts if one.name not in names and one.zone not in names)
    return Hospital(replace(whole, zones=tuple(zone for zone in whole.zones if zone.name not in names), hosts=hosts), 1, False)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("radiology", "it lacks zone radiology"),
        ("wards", "it lacks zone wards .lookalikes"),
        ("administration", "it lacks zone administration"),
        ("internet", "no host vendor-cloud"),
        ("us01", "no host us01"),
        ("vendor-cloud", "no host vendor-cloud"),
    ],
)
def test_what_a_day_needs_and_a_hospital_lacks_is_said(name: str, said: str) -> None:
    hospital = lacking(name)
    with pytest.raises(RangeError, match=f"the day cannot be played in this hospital: .*{said}"):
        stage.planned(hospital, "the day", lambda: living_day.day_acts(hospital, AT, AT + timedelta(hours=10), 1))


def test_a_scenario_without_one_of_its_hosts_is_refused() -> None:
    one, variant = find("hl7-injection")
    script = Script(lacking("engine"), one, variant, AT)
    with pytest.raises(RangeError, match=r"the attack cannot be played in this hospital: .*no host engine"):
        stage.planned(script.hospital, "the attack", script.whole)


def test_a_day_that_cannot_be_played_leaves_the_last_recording(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play("ct01")
    monkeypatch.setattr(stage, "alone", nullcontext)
    monkeypatch.setattr(Hospital, "current", lambda: lacking("us01"))
    monkeypatch.setattr(living_day.recording, "start", lambda topology: pytest.fail("begun anew"))
    with pytest.raises(RangeError, match="no host us01"):
        living_day.main(Namespace(hours=24, start=0, date=None, seed=1, ordinary=False, json=False))
    assert len(stage.noted()) == 1


@pytest.mark.parametrize("name", ["wards", "intensive-care", "laboratory"])
def test_a_larger_hospital_needs_the_zones_that_it_grows_in(name: str) -> None:
    with pytest.raises(RangeError, match=f"--hosts: .*: {name} is no zone"):
        lacking(name).topology.with_hosts(200)
