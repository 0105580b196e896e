"""What is done is noted whole, whatever interrupts it. The acts fail, for no host is up, and are noted all the same."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from . import conftest  # noqa: F401

pytest.importorskip("pydicom", reason="the range's own packages are not here")

import stage
import topology
from act import Act
from lan import RangeError
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
