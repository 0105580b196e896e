"""A folder gets all files or none, and nothing beside them is written to or given away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from . import conftest  # noqa: F401

folder = pytest.importorskip("folder")
lan = pytest.importorskip("lan")


def fill(path: Path, **texts: str) -> None:
    with folder.opened(path) as descriptor, folder.filled(descriptor) as aside:
        for name, text in texts.items():
            (aside / name).write_text(text)


def test_files_stand_in_a_folder_that_is_made_and_replace_those_of_their_name(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "b", truth="old", more="old")
    fill(tmp_path / "a" / "b", truth="new")
    assert {path.name: path.read_text() for path in (tmp_path / "a" / "b").iterdir()} == {"truth": "new", "more": "old"}


def test_what_fails_leaves_what_was_there_and_no_folder_that_was_not(tmp_path: Path) -> None:
    fill(tmp_path / "there", truth="old")
    for path in (tmp_path / "there", tmp_path / "new" / "one"):
        with pytest.raises(FileNotFoundError):
            fill(path, **{"truth": "half", "there is/no folder": "of this name"})
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["truth"]
    assert (tmp_path / "there" / "truth").read_text() == "old"


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("foreign")
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "truth").symlink_to("../target")
    fill(tmp_path / "into", truth="new")
    assert (tmp_path / "target").read_text() == "foreign"
    assert (tmp_path / "into" / "truth").read_text() == "new"
    assert not (tmp_path / "into" / "truth").is_symlink()


def test_a_folder_in_a_files_place_is_said_before_any_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "zone").mkdir()
    (tmp_path / "truth").write_text("old")
    with pytest.raises(lan.RangeError, match="zone is a folder there"):
        fill(tmp_path, truth="new", zone="new")
    assert (tmp_path / "truth").read_text() == "old"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")
def test_only_what_was_written_is_given_to_the_folders_owner(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    os.chown(tmp_path, 4321, 4321)
    (tmp_path / "target").write_text("foreign")
    (tmp_path / "link").symlink_to("target")
    fill(tmp_path / "into", truth="new")
    fill(tmp_path, truth="new")
    assert [(tmp_path / name).stat().st_uid for name in ("into", "into/truth", "truth", "target")] == [4321, 4321, 4321, 0]
    assert (tmp_path / "link").lstat().st_uid == 0
