from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.kit import files
from asepsis.kit.errors import BadInput
from asepsis.lake import commits
from asepsis.lake.commits import Part, Snapshot

NAMES = st.lists(st.sampled_from([f"conn/day=2026-01-0{i}/p.parquet" for i in range(1, 8)]), unique=True, max_size=4)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A lake as it is made with its site."""
    (tmp_path / "_commits").mkdir()
    return tmp_path


def _part(path: str, low: int = 0, high: int = 9) -> Part:
    return Part("conn", path, 10, 100, low, high)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.tuples(NAMES, NAMES), max_size=8), st.integers(1, 4))
def test_the_log_says_what_every_append_said(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, history: list[tuple[list[str], list[str]]], every: int
) -> None:
    monkeypatch.setattr(commits, "SNAPSHOT_EVERY", every)
    lake = tmp_path_factory.mktemp("lake")
    (lake / "_commits").mkdir()
    snapshot, model = commits.read(lake), dict[str, Part]()
    for added, removed in history:
        snapshot = commits.append(lake, snapshot, map(_part, added), removed)
        model = {name: _part(name) for name in model if name not in removed} | {name: _part(name) for name in added}
        read = commits.read(lake)
        assert read.n == snapshot.n
        assert {part.path: part for part in read.parts} == model


def test_an_unfinished_commit_file_is_no_commit(tmp_path: Path) -> None:
    snapshot = commits.append(tmp_path, Snapshot(0, ()), [_part("a")])
    (tmp_path / "_commits" / ".00000002.json.ab.tmp").write_bytes(b'{"format": 2, "add')
    assert commits.read(tmp_path) == snapshot


def test_a_commit_never_replaces_another(tmp_path: Path) -> None:
    commits.append(tmp_path, Snapshot(0, ()), [_part("a")])
    with pytest.raises(BadInput, match="stands already"):
        commits.append(tmp_path, Snapshot(0, ()), [_part("b")])
    assert [part.path for part in commits.read(tmp_path).parts] == ["a"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b'{"format": 2, "added": [{"stream": "conn"}], "removed": []}', "damaged"),
        (b'{"format": 3, "added": [], "removed": []}', "newer asepsis"),
        (b'{"format": 1, "added": [], "removed": []}', r"older asepsis \(format 1\).*read the captures again"),
        (
            json.dumps(
                {
                    "format": 2,
                    "added": [{"stream": "c", "path": "../../etc/passwd", "rows": 1, "size": 1, "min_ts": 0, "max_ts": 0}],
                    "removed": [],
                }
            ).encode(),
            "outside of the lake",
        ),
    ],
)
def test_a_damaged_log_is_bad_input(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "_commits" / "00000001.json").write_bytes(content)
    with pytest.raises(BadInput, match=says):
        commits.read(tmp_path)


def test_a_missing_commit_is_bad_input(tmp_path: Path) -> None:
    snapshot = commits.append(tmp_path, Snapshot(0, ()), [_part("a")])
    commits.append(tmp_path, snapshot, [_part("b")])
    (tmp_path / "_commits" / "00000001.json").unlink()
    with pytest.raises(BadInput, match="commit 1 is missing"):
        commits.read(tmp_path)


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake of 11 commits, with snapshots after 4 and 8."""
    monkeypatch.setattr(commits, "SNAPSHOT_EVERY", 4)
    snapshot = Snapshot(0, ())
    for n in range(1, 12):
        snapshot = commits.append(tmp_path, snapshot, [_part(f"p{n}")], [f"p{n - 1}"] if n % 3 == 0 else ())
    return tmp_path


KEPT = {f"p{n}" for n in (1, 3, 4, 6, 7, 9, 10, 11)}


def test_a_reader_starts_at_the_last_snapshot(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(path.name for path in (long / "_commits").glob("snap*")) == ["snapshot-00000004.json", "snapshot-00000008.json"]
    opened: list[str] = []
    load = commits._load
    monkeypatch.setattr(commits, "_load", lambda path, *rest: (opened.append(path.name), load(path, *rest))[1])
    assert {part.path for part in commits.read(long).parts} == KEPT
    assert opened == ["snapshot-00000008.json", "00000009.json", "00000010.json", "00000011.json"]


def test_snapshots_say_what_the_commits_say(long: Path) -> None:
    newest, older = sorted((long / "_commits").glob("snap*"), reverse=True)
    newest.unlink()
    assert {part.path for part in commits.read(long).parts} == KEPT
    older.unlink()
    with pytest.raises(BadInput, match="snapshot of commit 4 is missing"):
        commits.read(long)


def test_what_has_expired_is_known_from_commits_and_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "SNAPSHOT_EVERY", 4)
    snapshot = commits.append(tmp_path, Snapshot(0, ()), [_part("a")])
    assert commits.read(tmp_path).whole_since is None
    for n, since in enumerate((30, 20, None, None, None)):
        snapshot = commits.append(tmp_path, snapshot, [_part(f"b{n}")], whole_since=since)
        assert (snapshot.whole_since, commits.read(tmp_path).whole_since) == (30, 30)
    assert (tmp_path / "_commits" / "snapshot-00000004.json").exists()


def test_what_old_commits_keep_of_the_journal_is_archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "SNAPSHOT_EVERY", 4)
    snapshot = Snapshot(0, ())
    for n in range(1, 15):
        snapshot = commits.append(tmp_path, snapshot, [_part(f"p{n}")], journal={"n": n // 2})
    assert list(commits.anchors(tmp_path)) == [(n, {"n": n // 2}) for n in (1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14)]
    standing = sorted(path.name for path in (tmp_path / "_commits").iterdir())
    assert standing[:6] == [*(f"{n:08}.json" for n in range(9, 15))]
    assert standing[6:8] == ["archive-00000001-00000004.json", "archive-00000005-00000008.json"]
    (tmp_path / "_commits" / "00000002.json").write_text("left by a program that was killed just then")
    assert {part.path for part in commits.read(tmp_path).parts} == {f"p{n}" for n in range(1, 15)}
    (tmp_path / "_commits" / "archive-00000001-00000004.json").unlink()
    with pytest.raises(BadInput, match="commit 1 is missing"):
        commits.read(tmp_path)


def test_old_snapshots_are_removed(long: Path) -> None:
    commits.append(long, commits.read(long), [_part("p12")])
    assert sorted(path.name for path in (long / "_commits").glob("snap*")) == ["snapshot-00000008.json", "snapshot-00000012.json"]


@pytest.mark.parametrize("n", range(5, 12))
def test_a_missing_commit_is_missed_also_behind_a_snapshot(long: Path, n: int) -> None:
    (long / "_commits" / f"{n:08}.json").unlink()
    if n == 11:  # a lake that was one commit shorter looks the same; the journal remembers
        assert commits.read(long).n == 10
        return
    with pytest.raises(BadInput, match=f"commit {n} is missing"):
        commits.read(long)


def test_commits_that_a_snapshot_knows_cannot_be_taken_back(long: Path) -> None:
    for n in range(8, 12):
        (long / "_commits" / f"{n:08}.json").unlink()
    with pytest.raises(BadInput, match="commit 8 is missing"):
        commits.read(long)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "snapshot is damaged.*remove this file"),
        (b'{"format": 2, "n": 8}', "snapshot is damaged.*remove this file"),
        (b'{"format": 2, "n": 8, "parts": [["conn"]]}', "snapshot is damaged"),
        (b'{"format": 2, "n": 4, "parts": []}', "snapshot is damaged"),
        (b'{"format": 2, "n": 8, "parts": [["c", "/etc/passwd", 1, 1, 0, 0]]}', "outside of the lake"),
        (b'{"format": 1, "n": 8, "parts": []}', "older asepsis"),
        (b'{"format": 3, "n": 8, "parts": []}', "newer asepsis"),
    ],
)
def test_a_damaged_snapshot_is_bad_input(long: Path, content: bytes, says: str) -> None:
    (long / "_commits" / "snapshot-00000008.json").write_bytes(content)
    with pytest.raises(BadInput, match=says):
        commits.read(long)


def test_a_snapshot_that_cannot_be_written_does_not_undo_its_commit(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = files.create
    monkeypatch.setattr(files, "create", lambda path, data: create(path, data) if path.name[0] == "0" else no_space())
    commits.append(long, commits.read(long), [_part("p12")])
    assert {part.path for part in commits.read(long).parts} == KEPT | {"p12"}


def no_space() -> bool:
    raise OSError(28, "No space left on device")


def test_parts_overlap_in_time_and_stream() -> None:
    assert _part("a", 0, 5).overlaps(_part("b", 5, 9))
    assert not _part("a", 0, 4).overlaps(_part("b", 5, 9))
    assert not _part("a").overlaps(Part("dns", "b", 1, 1, 0, 9))
