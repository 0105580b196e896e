"""Rows whose time is over go, cited ones stay, and no reader sees half of it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.journal import service as journal
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake import commits, expire, reading, writer
from asepsis.lake.expire import Expired, Policy
from asepsis.lake.lake import Lake
from asepsis.lake.service import count, ingest, open_lake
from asepsis.lake.service import expire as verb
from asepsis.lake.writer import Writer

from .test_writer import DAY, _announce, _batch, _files, _ids, _write

Capture = Callable[..., Path]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A lake as it is made with its site."""
    (tmp_path / "_commits").mkdir()
    return tmp_path


@contextmanager
def _unlocked() -> Iterator[None]:
    yield


def _plan(before: int, *streams: str) -> dict[str, Policy]:
    """Rows before so many milliseconds since 1970 are over."""
    return {stream: Policy(1, EPOCH + timedelta(milliseconds=before)) for stream in streams or ("conn",)}


def _expire(lake: Path, before: int, cited: Collection[str] = ()) -> Expired:
    told: list[dict[str, int]] = []

    def announce(n: int, rows: Any) -> dict[str, object]:
        told.append(dict(rows))
        return {"n": n}

    done = expire.expire(lake, _plan(before), lambda: cited, _unlocked, announce)
    assert sum(sum(rows.values()) for rows in told) == done.rows
    return done


def test_what_is_older_goes_and_its_files_too(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1, 2]))
    _write(tmp_path, _batch([3, 4, 5]))
    _write(tmp_path, _batch([6, 7]))
    kept = commits.read(tmp_path).parts[2].path
    done = _expire(tmp_path, 4)
    assert (done.rows, done.files, [fate.rows for fate in done.streams]) == (3, 2, [3])
    assert _ids(tmp_path) == ["e4", "e5", "e6", "e7"]
    assert kept in _files(tmp_path)
    assert len(_files(tmp_path)) == 2
    again = _expire(tmp_path, 4)
    assert (again.rows, again.files) == (0, 0)
    assert commits.read(tmp_path).n == 4, "nothing to do is no commit"


def test_a_day_that_is_over_leaves_no_folder(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1, 2], [1000, DAY + 2000]))
    _expire(tmp_path, 5)
    assert [path.name for path in (tmp_path / "conn").iterdir()] == ["day=1970-01-02"]
    _expire(tmp_path, 10**9)
    assert list((tmp_path / "conn").iterdir()) == []
    _write(tmp_path, _batch([1]))
    assert _ids(tmp_path) == ["e1"]


def test_cited_rows_stay_however_old(tmp_path: Path) -> None:
    _write(tmp_path, _batch(range(50)))
    _write(tmp_path, _batch(range(50, 100)))
    done = _expire(tmp_path, 80, ["e7", "e60", "e90", "unknown"])
    assert _ids(tmp_path) == sorted(["e7", "e60", *(f"e{n}" for n in range(80, 100))])
    assert (done.rows, done.streams[0].cited) == (78, 2)
    again = _expire(tmp_path, 80, ["e7", "e60"])
    assert (again.rows, again.streams[0].cited) == (0, 2)
    _expire(tmp_path, 80)
    assert "e7" not in _ids(tmp_path), "cited no more, it goes with the next run"


def test_a_stream_without_days_keeps_all(tmp_path: Path) -> None:
    with Writer(tmp_path, _announce) as run:
        run.write("conn", _batch([1, 2]))
        run.write("dns", _batch([1, 2]))
        run.commit()
    done = expire.expire(tmp_path, _plan(9, "conn", "hl7"), lambda: (), _unlocked, lambda n, rows: {})
    assert [fate.stream for fate in done.streams] == ["conn"]
    assert _ids(tmp_path) == []
    assert _ids(tmp_path, "dns") == ["e1", "e2"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    st.lists(st.sets(st.integers(0, 30), min_size=1, max_size=8), min_size=1, max_size=5),
    st.integers(0, 32),
    st.sets(st.integers(0, 30), max_size=4),
    st.integers(1, 3),
)
def test_what_stays_is_what_is_younger_or_cited(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    parts: list[set[int]],
    before: int,
    cited: set[int],
    size: int,
) -> None:
    monkeypatch.setattr(expire, "BATCH_PARTS", size)
    lake = tmp_path_factory.mktemp("lake")
    (lake / "_commits").mkdir()
    for ids in parts:
        _write(lake, _batch(sorted(ids)))
    held = set().union(*parts)
    named = [f"e{n}" for n in cited]
    looked = expire.look(lake, _plan(before), lambda: named)
    done = _expire(lake, before, named)
    assert looked.streams == done.streams
    assert _ids(lake) == sorted(f"e{n}" for n in held if n >= before or n in cited)
    assert done.rows == sum(n < before and n not in cited for n in held)
    assert len(_files(lake)) == len(commits.read(lake).parts)


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1, 2, 3]))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    done = expire.look(tmp_path, _plan(3), lambda: ["e1"])
    assert (done.dry_run, done.rows, done.files, done.streams[0].cited) == (True, 1, 0, 1)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_reader_sees_all_of_before_or_all_of_after(tmp_path: Path) -> None:
    for n in range(30):
        _write(tmp_path, _batch([n]))
    question, seen, over = "SELECT count(*) AS n FROM conn", set(), threading.Event()

    def read() -> None:
        while not over.is_set():
            with Lake(tmp_path) as lake:
                time.sleep(0.01)
                seen.add(lake.sql(question).to_pylist()[0]["n"])

    early = Lake(tmp_path)
    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    remover = threading.Thread(target=lambda: _expire(tmp_path, 20))
    remover.start()
    while commits.read(tmp_path).n < 31:
        time.sleep(0.01)
    assert remover.is_alive(), "it waits with the files for who reads"
    assert early.sql(question).to_pylist() == [{"n": 30}], "also a stream that it opens only now"
    early.close()
    time.sleep(0.3)
    over.set()
    for thread in (*readers, remover):
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert seen <= {30, 10}
    assert 10 in seen
    assert len(_files(tmp_path)) == 10


def test_a_reader_that_never_ends_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 1.5)
    _write(tmp_path, _batch([1]))
    with reading.Reading(tmp_path):
        assert _expire(tmp_path, 5).files == 1
    assert "waiting: another asepsis reads" in capsys.readouterr().err
    assert _files(tmp_path) == set()


def test_a_reader_that_nobody_closed_holds_nothing(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1]))
    Lake(tmp_path).sql("SELECT count(*) FROM conn")
    assert _expire(tmp_path, 5).files == 1


@pytest.mark.parametrize("calls", range(1, 22))
def test_killed_at_any_moment_the_next_completes_it(tmp_path: Path, calls: int) -> None:
    for n in range(4):
        _write(tmp_path, _batch([n * 3, n * 3 + 1, n * 3 + 2]))
    before, after = sorted(f"e{n}" for n in range(12)), sorted(["e1", *(f"e{n}" for n in range(7, 12))])
    if (child := os.fork()) == 0:
        left = calls

        def trace(event: str, _arguments: object) -> None:
            nonlocal left
            if event in ("open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir"):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(trace)
        with suppress(BaseException):
            _expire(tmp_path, 7, ["e1"])
        os._exit(0)
    os.waitpid(child, 0)
    assert _ids(tmp_path) in (before, after)
    _expire(tmp_path, 7, ["e1"])
    assert _ids(tmp_path) == after
    assert _files(tmp_path) == {part.path for part in commits.read(tmp_path).parts}


def test_a_full_disk_lets_go_what_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, _batch([1, 2]))
    _write(tmp_path, _batch([3, 4]))

    def full(path: Path) -> int:
        raise OSError(errno.ENOSPC, "no space left on device", str(path))

    monkeypatch.setattr(writer, "_sync", full)
    with pytest.raises(OSError, match="no space"):
        _expire(tmp_path, 4)
    assert _ids(tmp_path) == ["e3", "e4"]
    assert len(_files(tmp_path)) == 1
    monkeypatch.undo()
    _expire(tmp_path, 4)
    assert _ids(tmp_path) == ["e4"]


def test_a_part_that_is_gone_is_one_line(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1, 2]))
    (lost,) = _files(tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(BadInput, match=r"a part of the lake is missing or damaged: .*parquet: restore it from a backup"):
        _expire(tmp_path, 2)


def test_the_clock_is_the_one_on_the_wall(site: Site, capture: Capture) -> None:
    now = int(time.time())
    ingest(site, [capture(5, "old.pcap", start=now - 40 * 86_400), capture(7, "new.pcap", start=now - 10 * 86_400)], apart=True)
    days = {"conn": 30, "stats": 30}
    assert verb(site, days, lambda: (), dry_run=True).rows == 6
    done = verb(site, days, lambda: ())
    assert (done.rows, count(site)["conn"]) == (6, 7)
    with open_lake(site) as lake:
        assert lake.sql("SELECT count(*) AS n FROM conn").to_pylist() == [{"n": 7}]
    entry = list(journal.entries(site))[-1]
    assert (entry.act, entry.detail) == ("lake.expire", {"commit": 2, "rows": {"conn": 5, "stats": 1}, "days": days})
    assert verb(site, days, lambda: ()).rows == 0
    assert list(journal.entries(site))[-1] == entry
    assert ingest(site, [capture(5, "old.pcap", start=now - 40 * 86_400)]).added == {"conn": 5, "stats": 1}, "the lake forgot them"


def test_a_writer_is_waited_for(site: Site, capture: Capture) -> None:
    ingest(site, [capture(3, start=1_000_000_000)])
    code = (
        "import sys; from pathlib import Path; from asepsis.kit.site import Site; from asepsis.lake.service import expire\n"
        "print(expire(Site.open(Path(sys.argv[1])), {'conn': 1}, tuple).rows)"
    )
    from asepsis.lake.service import still

    with still(site):
        words = [sys.executable, "-c", code, str(site.path)]
        other = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": "src"})
        assert other.stderr is not None
        assert "waiting" in other.stderr.readline()
        assert count(site)["conn"] == 3
    assert other.communicate(timeout=30)[0] == "3\n"
