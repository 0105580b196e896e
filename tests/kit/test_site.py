from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asepsis.kit import files
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site


def test_is_made_once_with_one_key(tmp_path: Path) -> None:
    first = Site.open(tmp_path / "deep" / "site", create=True)
    again = Site.open(tmp_path / "deep" / "site", create=True)
    assert first == again == Site.open(first.path)
    assert len(first.key) == 32
    assert first.key != Site.open(tmp_path / "other", create=True).key
    assert first.path.stat().st_mode & 0o777 == 0o700
    assert (first.path / "key").stat().st_mode & 0o777 == 0o600


def test_never_shows_its_key(site: Site) -> None:
    assert site.key.hex() not in repr(site)
    assert repr(site.key) not in f"{site!r} {site!s}"


def test_keeps_the_key_of_a_run_killed_while_making_it(site: Site) -> None:
    (site.path / "site.json").unlink()
    (site.path / ".site.json.abc.tmp").touch()
    assert Site.open(site.path, create=True).key == site.key


@pytest.mark.parametrize("used", ["store.sqlite3", "journal/journal.jsonl", "lake/_commits/00000001.json"])
@pytest.mark.parametrize("create", [True, False])
def test_one_that_was_used_and_lost_its_description_is_damaged_not_new(site: Site, used: str, create: bool) -> None:
    (site.path / used).touch()
    (site.path / "site.json").unlink()
    with pytest.raises(BadInput, match=r"damaged: its site.json is missing: .*: restore it from a backup"):
        Site.open(site.path, create=create)
    assert not (site.path / "site.json").exists()


def test_is_not_made_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").touch()
    with pytest.raises(BadInput, match="not empty"):
        Site.open(tmp_path, create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


def test_may_be_described_before_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("[site]")
    assert Site.open(tmp_path, create=True) == Site.open(tmp_path)
    assert (tmp_path / "site.toml").read_text() == "[site]"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("site.json", json.dumps({"format": 2, "name": "x"}), "newer asepsis"),
        ("site.json", "{", "not a site description"),
        ("site.json", "[1]", "not a site description"),
        ("site.json", "[" * 100_000, "not a site description"),
        ("key", "", "key of the site is damaged"),
        ("key", "ab" * 31, "key of the site is damaged"),
        ("key", "k\u00e9y", "key of the site is damaged"),
    ],
)
def test_damaged_or_newer(site: Site, name: str, content: str, says: str) -> None:
    (site.path / name).write_text(content, "utf-8")
    with pytest.raises(BadInput, match=says):
        Site.open(site.path, create=True)


def test_missing(tmp_path: Path, site: Site) -> None:
    with pytest.raises(BadInput, match="no site here"):
        Site.open(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(BadInput):
        Site.open(tmp_path / "file", create=True)
    (site.path / "key").unlink()
    with pytest.raises(BadInput, match="key of the site is missing"):
        Site.open(site.path, create=True)


def test_created_files_are_never_replaced(tmp_path: Path) -> None:
    assert files.create(tmp_path / "a", b"1")
    assert not files.create(tmp_path / "a", b"2")
    assert (tmp_path / "a").read_bytes() == b"1"
    files.replace(tmp_path / "a", b"3")
    assert (tmp_path / "a").read_bytes() == b"3"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_second_writer_waits_and_says_so(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from asepsis.kit import files\n"
        "with files.lock(Path(sys.argv[1]), 'this lake'): print('got it')"
    )
    with files.lock(tmp_path / "lock", "this lake"):
        other = subprocess.Popen(
            [sys.executable, "-c", code, tmp_path / "lock"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": "src"},
        )
        assert other.stderr is not None
        assert "waiting" in other.stderr.readline()
        assert other.poll() is None
    assert other.communicate(timeout=30)[0] == "got it\n"
