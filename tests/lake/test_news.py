"""Each row is given once to who looks again and again, whatever is merged, expired or archived in between."""

from __future__ import annotations

from pathlib import Path

from asepsis.lake import commits
from asepsis.lake.commits import SNAPSHOT_EVERY, Part
from asepsis.lake.news import News, news


def part(lake: Path, name: str) -> Part:
    """A part whose file stands."""
    path = lake / "conn" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return Part("conn", f"conn/{name}.parquet", 1, 1, 0, 0)


def lake_of(folder: Path) -> Path:
    (folder / "_commits").mkdir(parents=True)
    return folder


def add(lake: Path, *names: str, removed: tuple[str, ...] = ()) -> None:
    commits.append(lake, commits.read(lake), [part(lake, name) for name in names], [f"conn/{name}.parquet" for name in removed])


def names(found: News) -> list[str]:
    return sorted(Path(one.path).stem for one in found.parts)


def test_the_first_look_is_given_everything(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake")
    add(lake, "a", "b")
    found = news(lake, 0, ())
    assert (names(found), found.n) == (["a", "b"], 1)


def test_the_next_look_is_given_what_came_since(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake")
    add(lake, "a")
    first = news(lake, 0, ())
    add(lake, "b")
    add(lake, "c")
    second = news(lake, first.n, first.known)
    assert names(second) == ["b", "c"]
    assert names(news(lake, second.n, second.known)) == []


def test_what_was_merged_is_no_news_and_what_came_before_the_merge_is(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake")
    add(lake, "a")
    first = news(lake, 0, ())
    add(lake, "b")
    add(lake, "ab", removed=("a", "b"))
    assert names(news(lake, first.n, first.known)) == ["b"]


def test_where_the_file_of_a_merged_part_is_gone_the_merged_one_is_given(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake")
    add(lake, "a")
    first = news(lake, 0, ())
    add(lake, "b")
    add(lake, "ab", removed=("a", "b"))
    (lake / "conn" / "b.parquet").unlink()
    assert names(news(lake, first.n, first.known)) == ["ab"]


def test_where_commits_are_archived_what_is_not_known_is_given(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake")
    add(lake, "first")
    first = news(lake, 0, ())
    for n in range(2 * SNAPSHOT_EVERY + 1):
        add(lake, f"p{n}")
    assert not (lake / "_commits" / f"{first.n + 1:08}.json").exists()
    assert len(news(lake, first.n, first.known).parts) == 2 * SNAPSHOT_EVERY + 1


def test_a_lake_that_was_put_back_is_given_whole(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake")
    add(lake, "a")
    assert names(news(lake, 7, ("conn/a.parquet",))) == ["a"]
