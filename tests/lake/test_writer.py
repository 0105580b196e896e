from __future__ import annotations

import resource
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.kit.errors import BadInput
from asepsis.lake import commits, writer
from asepsis.lake.writer import Writer

DAY = 86_400_000_000
BATCHES = st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), max_size=12), max_size=6)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A lake as it is made with its site."""
    (tmp_path / "_commits").mkdir()
    return tmp_path


def _announce(n: int) -> dict[str, object]:
    """What a commit keeps of a journal that nobody asks here."""
    return {"n": n}


def _batch(ids: Sequence[int], times: Sequence[int] | None = None) -> pa.RecordBatch:
    """Rows whose id tells their time, as a deterministic `event_id` does."""
    times = [i * 1000 for i in ids] if times is None else times
    columns = {
        "event_id": pa.array([f"e{i}" for i in ids]),
        "ts": pa.array(times, pa.timestamp("us", "UTC")),
        "uid": pa.array(["C"] * len(ids)),
    }
    return pa.RecordBatch.from_pydict(columns)


def _ids(lake: Path, stream: str = "conn") -> list[str]:
    """What a reader sees."""
    parts = commits.read(lake).of(stream)
    ids = []
    for part in parts:
        table = pq.read_table(lake / part.path)
        assert len(table) == part.rows
        assert (lake / part.path).stat().st_size == part.size
        times = table.column("ts").cast(pa.int64()).to_pylist()
        assert (min(times), max(times)) == (part.min_ts, part.max_ts)
        ids += table.column("event_id").to_pylist()
    return sorted(ids)


def _files(lake: Path) -> set[str]:
    return {str(path.relative_to(lake)) for path in lake.rglob("*") if path.is_file() and "_commits" not in path.parts}


def _write(lake: Path, *batches: pa.RecordBatch) -> Writer:
    with Writer(lake, _announce) as run:
        for batch in batches:
            run.write("conn", batch)
        run.commit()
    return run


def test_rows_count_once_committed(tmp_path: Path) -> None:
    with Writer(tmp_path, _announce) as run:
        run.write("conn", _batch([1, 2]))
        run.write("dns", _batch([1]))
        assert commits.read(tmp_path).parts == ()
        run.commit()
        assert _ids(tmp_path) == ["e1", "e2"]
    assert _ids(tmp_path, "dns") == ["e1"]
    assert run.seen == run.added == {"conn": 2, "dns": 1}
    assert _files(tmp_path) == {part.path for part in commits.read(tmp_path).parts}
    assert not (tmp_path / ".staging").exists()


def test_a_commit_that_cannot_be_announced_is_not_made(tmp_path: Path) -> None:
    def refuse(n: int) -> dict[str, object]:
        assert n == 1
        raise BadInput("no journal")

    with Writer(tmp_path, refuse) as run:
        run.write("conn", _batch([1]))
        with pytest.raises(BadInput):
            run.commit()
    assert commits.read(tmp_path).n == 0
    assert _files(tmp_path) == set()


def test_an_uncommitted_run_leaves_nothing(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), Writer(tmp_path, _announce) as run:
        run.write("conn", _batch([1]))
        raise KeyboardInterrupt
    assert _files(tmp_path) == set()


def test_nothing_new_makes_no_part(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1, 2, 3]))
    again = _write(tmp_path, _batch([3, 2, 1]))
    assert (again.seen, again.added) == ({"conn": 3}, {})
    assert commits.read(tmp_path).n == 1
    assert _files(tmp_path) == {part.path for part in commits.read(tmp_path).parts}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(first=BATCHES, second=BATCHES, part_rows=st.integers(1, 30), commit_rows=st.integers(1, 60), open_parts=st.integers(1, 3))
def test_every_row_once_whatever_the_batches(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    first: list[list[tuple[int, int]]],
    second: list[list[tuple[int, int]]],
    part_rows: int,
    commit_rows: int,
    open_parts: int,
) -> None:
    monkeypatch.setattr(writer, "PART_ROWS", part_rows)
    monkeypatch.setattr(writer, "COMMIT_ROWS", commit_rows)
    monkeypatch.setattr(writer, "OPEN_PARTS", open_parts)
    lake, held = tmp_path_factory.mktemp("lake"), set[tuple[int, int]]()
    (lake / "_commits").mkdir()
    for rows in (first, second):
        run = _write(lake, *(_batch([100 * day + i for i, day in batch], [day * DAY + i for i, day in batch]) for batch in rows))
        given_rows = {row for batch in rows for row in batch}
        assert run.seen["conn"] == len(given_rows)
        assert run.added["conn"] == len(given_rows - held)
        held |= given_rows
        assert _ids(lake) == sorted(f"e{100 * day + i}" for i, day in held)


def test_a_part_a_day(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1, 2, 3], [0, DAY - 1, -1]), _batch([4], [DAY]))
    assert {part.path.split("/")[1] for part in commits.read(tmp_path).parts} == {"day=1969-12-31", "day=1970-01-01", "day=1970-01-02"}


def test_forged_clocks_do_not_make_a_folder_each(tmp_path: Path) -> None:
    times = [i * 365 * DAY for i in range(1000)]
    _write(tmp_path, _batch(range(1000), times), _batch([2000], [2**62]))
    assert len(commits.read(tmp_path).parts) == 2
    assert (tmp_path / "conn" / "day=unknown").is_dir()
    assert len(_ids(tmp_path)) == 1001


def test_a_killed_run_is_swept_by_the_next(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1]))
    killed = Writer(tmp_path, _announce)
    killed.write("conn", _batch([2]))
    killed._close(("conn", "1970-01-01", False))  # moved in place, but no commit lists it
    killed.write("conn", _batch([3]))  # still in staging
    (tmp_path / "_commits" / ".00000002.json.ab.tmp").touch()
    assert _ids(tmp_path) == ["e1"]
    assert len(_files(tmp_path)) == 3

    _write(tmp_path, _batch([4]))
    assert _ids(tmp_path) == ["e1", "e4"]
    assert _files(tmp_path) == {part.path for part in commits.read(tmp_path).parts}
    assert not list((tmp_path / "_commits").glob(".*"))


def test_a_full_disk_leaves_the_lake_as_it_was(tmp_path: Path) -> None:
    _write(tmp_path, _batch([1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            _write(tmp_path, *(_batch(range(n, n + 5000)) for n in range(0, 50_000, 5000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert _ids(tmp_path) == ["e1"]
    assert _files(tmp_path) == {part.path for part in commits.read(tmp_path).parts}
    assert _write(tmp_path, _batch([1, 2])).added == {"conn": 1}
