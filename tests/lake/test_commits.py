from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.kit.errors import BadInput
from asepsis.lake import commits
from asepsis.lake.commits import Part, Snapshot

NAMES = st.lists(st.sampled_from([f"conn/day=2026-01-0{i}/p.parquet" for i in range(1, 8)]), unique=True, max_size=4)


def _part(path: str, low: int = 0, high: int = 9) -> Part:
    return Part("conn", path, 10, 100, low, high)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.tuples(NAMES, NAMES), max_size=6))
def test_the_log_says_what_every_append_said(tmp_path_factory: pytest.TempPathFactory, history: list[tuple[list[str], list[str]]]) -> None:
    lake = tmp_path_factory.mktemp("lake")
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
    (tmp_path / "_commits").mkdir()
    (tmp_path / "_commits" / "00000001.json").write_bytes(content)
    with pytest.raises(BadInput, match=says):
        commits.read(tmp_path)


def test_a_missing_commit_is_bad_input(tmp_path: Path) -> None:
    snapshot = commits.append(tmp_path, Snapshot(0, ()), [_part("a")])
    commits.append(tmp_path, snapshot, [_part("b")])
    (tmp_path / "_commits" / "00000001.json").unlink()
    with pytest.raises(BadInput, match="commit 1 is missing"):
        commits.read(tmp_path)


def test_parts_overlap_in_time_and_stream() -> None:
    assert _part("a", 0, 5).overlaps(_part("b", 5, 9))
    assert not _part("a", 0, 4).overlaps(_part("b", 5, 9))
    assert not _part("a").overlaps(Part("dns", "b", 1, 1, 0, 9))
