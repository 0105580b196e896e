"""Small parts become few, and no reader sees more or fewer rows for it."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asepsis.cli.main import main
from asepsis.lake import commits, compact
from asepsis.lake.commits import Part, Snapshot

from .test_writer import DAY, _announce, _batch, _files, _ids, _write


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A lake as it is made with its site."""
    (tmp_path / "_commits").mkdir()
    return tmp_path


def _compact(lake: Path, fan: int = compact.FAN) -> list[Path]:
    gone = []
    while parts := compact.due(commits.read(lake), fan):
        gone += compact.merge(lake, parts, _announce)
    return gone


def _part(n: int, rows: int, day: int = 1, stream: str = "conn") -> Part:
    return Part(stream, f"{stream}/day=2026-01-{day:02}/{n}.parquet", rows, 100, n, n + 1)


def test_sixteen_parts_alike_become_one(tmp_path: Path) -> None:
    for n in range(20):
        _write(tmp_path, _batch([n * 3, n * 3 + 1]))
    before, files = _ids(tmp_path), _files(tmp_path)
    gone = _compact(tmp_path)
    assert _ids(tmp_path) == before
    assert len(commits.read(tmp_path).parts) == 1
    assert len(gone) == 20
    assert {str(path.relative_to(tmp_path)) for path in gone} == files
    for path in gone:
        assert path.exists(), "a reader may have just found its name"


def test_days_streams_and_sizes_are_kept_apart() -> None:
    alike = [_part(n, 5, day=2) for n in range(15)]
    others = [_part(50, 5, day=1), _part(51, 5, stream="dns"), _part(52, 5000, day=2), _part(53, compact.PART_ROWS, day=2)]
    assert compact.due(Snapshot(1, tuple(alike + others))) == []
    more = _part(16, 7, day=2)
    assert compact.due(Snapshot(1, (more, *alike, *others))) == [*alike, more]


def test_a_day_that_is_over_is_merged_to_the_end() -> None:
    today, over = _part(1, 5, day=2), [_part(2, 5), _part(3, 6)]
    assert compact.due(Snapshot(1, (today, *over))) == over


def test_a_merged_part_is_no_larger_than_any() -> None:
    large = [_part(n, compact.PART_ROWS // 3) for n in range(20)]
    assert len(compact.due(Snapshot(1, tuple(large)))) == 3


def test_a_column_of_a_newer_version_is_null_in_older_rows(tmp_path: Path) -> None:
    for n in range(compact.FAN):
        batch = _batch([n])
        _write(tmp_path, batch if n % 2 else pa.RecordBatch.from_arrays([*batch.columns, pa.array(["new"])], [*batch.schema.names, "note"]))
    _compact(tmp_path)
    (part,) = commits.read(tmp_path).parts
    notes = pq.read_table(tmp_path / part.path).column("note").to_pylist()
    assert sorted(notes, key=str) == [None] * 8 + ["new"] * 8


def test_rows_of_two_days_stay_in_two_folders(tmp_path: Path) -> None:
    for n in range(compact.FAN):
        _write(tmp_path, _batch([n, n + 100], [n * 1000, DAY + n * 1000]))
    _compact(tmp_path)
    assert [part.path.split("/")[1] for part in commits.read(tmp_path).parts] == ["day=1970-01-01", "day=1970-01-02"]


@pytest.mark.parametrize("calls", range(1, 12))
def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, calls: int) -> None:
    for n in range(compact.FAN):
        _write(tmp_path, _batch([n]))
    before = _ids(tmp_path)
    if (child := os.fork()) == 0:
        left = calls

        def trace(event: str, _arguments: object) -> None:
            nonlocal left
            if event in ("open", "os.rename", "os.mkdir", "os.link"):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        import sys

        sys.addaudithook(trace)
        with suppress(BaseException):
            _compact(tmp_path)
        os._exit(0)
    os.waitpid(child, 0)
    assert _ids(tmp_path) == before
    _compact(tmp_path)
    assert _ids(tmp_path) == before
    assert len(commits.read(tmp_path).parts) == 1


def test_files_go_when_their_time_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.parquet"
    file.touch()
    left = compact.Leftovers()
    left.add([file])
    left.remove()
    assert file.exists()
    monkeypatch.setattr(compact.time, "monotonic", lambda: float("inf"))
    left.remove()
    assert not file.exists()


def test_orphans_are_swept_but_no_part_that_is_new(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1]))
    (kept,) = _files(tmp_path)
    folder = (tmp_path / kept).parent
    for name, age in (("old", 7200), ("new", 5)):
        path = folder / f"{name}.parquet"
        path.touch()
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    os.utime(tmp_path / kept, (0, 0))
    compact.sweep(tmp_path)
    assert {path.name for path in folder.iterdir()} == {"new.parquet", Path(kept).name}


def test_the_command_merges_a_lake_of_many_captures(tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path_factory.mktemp("many")
    site, golden = str(folder / "site"), Path(__file__).parents[1] / "golden"
    captures = sorted(golden.glob("hl7/*.pcap"))[:6]
    for capture in captures:
        assert main(["lake", "ingest", str(capture), "--site", site]) == 0
    question = ["lake", "sql", "select * from hl7 order by event_id", "--site", site, "--json"]
    capsys.readouterr()
    assert main(question) == 0
    before = capsys.readouterr().out
    assert main(["lake", "compact", "--site", site, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parts"] < told["parts_before"]
    assert main(question) == 0
    assert capsys.readouterr().out == before
    assert main(["lake", "compact", "--site", site]) == 0
    assert "Nothing to merge" in capsys.readouterr().out
    assert main(["journal", "verify", "--site", site]) == 0
    capsys.readouterr()
    for capture in captures:
        assert main(["lake", "ingest", str(capture), "--site", site, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["added"] == {}
