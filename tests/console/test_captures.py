"""Captures on their way to the disk, and what a job says of itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.uploadhandler import StopUpload

from asepsis.console.jobs import captures
from asepsis.console.jobs.captures import Incoming
from asepsis.console.jobs.job import Job, State, form
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.site import Site

DISK = 2048


def _send(incoming: Incoming, data: bytes, name: str = "a.pcap") -> None:
    incoming.new_file("captures", name, "", None, None, {})
    for at in range(0, len(data), 64 << 10):
        incoming.receive_data_chunk(data[at : at + (64 << 10)], at)
    incoming.file_complete(len(data))


def test_they_have_names_of_ours_once_all_are_there(site: Site) -> None:
    with Incoming(site) as incoming:
        _send(incoming, b"one", "../../etc/passwd")
        _send(incoming, b"two", "Meier\x00.pcap")
        assert list(captures.folder(site).iterdir()) == []
        incoming.check()
        incoming.publish()
    found = captures.of(site, incoming.id)
    assert [path.name for path in found] == [f"{incoming.id}.01", f"{incoming.id}.02"]
    assert [path.read_bytes() for path in found] == [b"one", b"two"]
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert captures.folder(site).stat().st_mode & 0o777 == 0o700
    captures.remove(site, incoming.id)
    assert list(captures.folder(site).iterdir()) == []


def test_what_is_too_much_is_refused_while_it_comes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "LARGEST", 100_000)
    with Incoming(site) as incoming:
        with pytest.raises(StopUpload):
            _send(incoming, bytes(200_000))
        with pytest.raises(WrongUse, match=r"more than 100\.0 kB"):
            incoming.check()
    assert list(captures.folder(site).iterdir()) == []


def test_a_disk_that_is_nearly_full_is_left_to_the_lake(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "RESERVE", 1 << 60)
    with pytest.raises(BadInput, match="no space left for captures: make room"):
        captures.room(site, 1)


def test_a_disk_that_is_full_is_said_and_nothing_stays(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "RESERVE", 0)
    site = Site.open(disk / "site", create=True)
    with Incoming(site) as incoming:
        with pytest.raises(StopUpload):
            _send(incoming, bytes(4 << 20))
        with pytest.raises(BadInput, match="no space left"):
            incoming.check()
    assert list(captures.folder(site).iterdir()) == []
    assert os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize > 1 << 20


def test_what_a_crash_left_is_swept_and_what_comes_is_not(site: Site) -> None:
    folder = captures.folder(site)
    for name, age in (("Jwaits.01", 9999), ("Jended.01", 0), ("Jcomes.01", 0), ("Jlost.01", 9999)):
        (folder / name).write_bytes(b"x")
        now = (folder / name).stat().st_mtime
        os.utime(folder / name, (now - age, now - age))
    captures.sweep(site, {"Jwaits": True, "Jended": False})
    assert sorted(path.name for path in folder.iterdir()) == ["Jcomes.01", "Jwaits.01"]


def _job(state: State = State.RUNNING, done: int = 0, total: int = 1000, stopping: bool = False) -> Job:
    made = datetime(2026, 11, 30, 8, tzinfo=UTC)
    return Job("J1", "console:anna", 2, 1_500_000, state, made, done=done, total=total, stopping=stopping)


def test_a_job_is_named_without_names_of_files() -> None:
    assert _job().title == "2 captures, 1.5 MB"
    assert _job().giver == "anna"
    assert form(_job())["made"] == "2026-11-30T08:00:00+00:00"


def test_what_is_left_of_a_job_can_be_cancelled_until_the_checks_run() -> None:
    assert [(_job(done=done).share, _job(done=done).judging, _job(done=done).cancellable) for done in (0, 999, 1000)] == [
        (0, False, True),
        (99, False, True),
        (100, True, False),
    ]
    assert _job(State.WAITING).cancellable
    assert not _job(stopping=True).cancellable
    assert not any(_job(state).cancellable for state in (State.DONE, State.BROKEN, State.CANCELLED))
    assert _job(total=0).share == 0
