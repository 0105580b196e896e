"""Files that are whole or not there, and locks."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from asepsis.kit import files
from asepsis.kit.errors import BadInput


@pytest.fixture(params=["nameless", "beside"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both file systems: one that knows nameless files, one that does not."""
    if request.param == "beside":
        real = os.open

        def refuse(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, "no such thing here")
            return real(path, flags, *rest, **more)

        monkeypatch.setattr(os, "open", refuse)
    return str(request.param)


def test_a_new_file_has_its_name_when_it_is_whole(kind: str, tmp_path: Path) -> None:
    with files.NewFile(tmp_path / "out") as new:
        new.path.write_bytes(b"whole")
        assert not (tmp_path / "out").exists()
        new.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_bytes() == b"whole"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def test_nothing_is_left_of_one_that_is_not_published(kind: str, tmp_path: Path) -> None:
    def fail() -> None:
        with files.NewFile(tmp_path / "out") as new:
            new.path.write_bytes(b"half")
            if kind == "nameless":
                assert list(tmp_path.iterdir()) == [], "not even while it is written"
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the very one
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_does_not_replace_a_file(kind: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with files.NewFile(tmp_path / "out") as new, pytest.raises(FileExistsError):
        new.publish()
    assert (tmp_path / "out").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_one_alone_holds_a_lock(tmp_path: Path) -> None:
    with files.alone(tmp_path / ".lock") as first, files.alone(tmp_path / ".lock") as second:
        assert (first, second) == (True, False)
    with files.alone(tmp_path / ".lock") as again:
        assert again


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs root to mount")
def test_who_reads_needs_no_right_to_write(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "seen").mkdir()
    subprocess.run(["mount", "--bind", tmp_path / "kept", tmp_path / "seen"], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", tmp_path / "seen"], check=True)
        with pytest.raises(BadInput, match="cannot lock"), files.lock(tmp_path / "seen" / ".lock", "this"):
            pass
        with files.lock(tmp_path / "seen" / ".lock", "this", reading=True):
            pass
        (tmp_path / "kept" / ".lock").touch()
        with files.lock(tmp_path / "seen" / ".lock", "this", reading=True):
            pass
    finally:
        subprocess.run(["umount", tmp_path / "seen"], check=True)
