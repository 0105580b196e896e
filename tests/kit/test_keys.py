"""The keys of a site: one is current at every moment, older ones are kept or gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from asepsis.kit import keys
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site


def _kill_at(calls: int, act: Callable[[], object]) -> None:
    """Runs `act` in a process that is killed at its so many-th call that changes a file system."""
    if (child := os.fork()) == 0:
        left = calls

        def trace(event: str, _arguments: object) -> None:
            nonlocal left
            if event in ("open", "os.rename", "os.link", "os.remove"):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        import sys

        sys.addaudithook(trace)
        with suppress(BaseException):
            act()
        os._exit(0)
    os.waitpid(child, 0)


def _files(site: Site) -> set[str]:
    return {path.name for path in site.path.iterdir() if "key" in path.name and not path.name.endswith(".tmp")}


def test_a_new_key_takes_the_place_of_the_current_one_which_is_kept(site: Site) -> None:
    new = keys.rotate(site.path)
    after = Site.open(site.path)
    assert (after.key_id, after.key, after.seal) == ("k2", new.secret, site.seal)
    assert new.secret != site.key
    (old,) = keys.older(site.path, new)
    assert (old.id, old.secret) == ("k1", site.key)
    keys.rotate(site.path)
    assert [key.id for key in keys.older(site.path, keys.current(site.path))] == ["k2", "k1"]
    assert {(site.path / name).stat().st_mode & 0o777 for name in _files(site)} == {0o600}


def test_no_key_is_shown(site: Site) -> None:
    key = keys.current(site.path)
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
    assert site.seal.hex() not in repr(site)


def test_what_is_shredded_was_overwritten(site: Site, tmp_path: Path) -> None:
    before = (site.path / "key").read_bytes()
    os.link(site.path / "key", tmp_path / "disk")
    new = keys.rotate(site.path)
    keys.shred(site.path)
    assert keys.older(site.path, new) == []
    assert _files(site) == {"key"}
    assert (tmp_path / "disk").stat().st_size == len(before)
    assert not {before[i : i + 8] for i in range(0, 64, 8)} & {(tmp_path / "disk").read_bytes()[i : i + 8] for i in range(64)}


@pytest.mark.parametrize("calls", range(1, 9))
def test_killed_at_any_moment_the_site_has_one_whole_key(site: Site, calls: int) -> None:
    _kill_at(calls, lambda: keys.rotate(site.path))
    now = Site.open(site.path)
    assert now.key_id in ("k1", "k2")
    assert (now.key == site.key) == (now.key_id == "k1")
    assert site.key in {key.secret for key in (keys.current(site.path), *keys.older(site.path, keys.current(site.path)))}
    again = keys.rotate(site.path)
    assert again.id == ("k3" if now.key_id == "k2" else "k2")
    keys.shred(site.path)
    assert _files(site) == {"key"}
    assert Site.open(site.path).key == again.secret


@pytest.mark.parametrize("calls", range(1, 12))
def test_killed_while_it_shreds_the_next_completes_it(site: Site, calls: int) -> None:
    keys.rotate(site.path)
    new = keys.rotate(site.path)
    _kill_at(calls, lambda: keys.shred(site.path))
    assert Site.open(site.path).key == new.secret
    assert {key.id for key in keys.older(site.path, new)} <= {"k1", "k2"}, "none of them is damaged"
    keys.shred(site.path)
    assert _files(site) == {"key"}
    assert Site.open(site.path).key == new.secret


def test_a_second_name_of_the_current_key_is_not_overwritten(site: Site) -> None:
    os.link(site.path / "key", site.path / "key.k1")
    keys.shred(site.path)
    assert Site.open(site.path) == site
    os.link(site.path / "key", site.path / "key.k1")
    assert keys.older(site.path, keys.current(site.path)) == []
    assert keys.rotate(site.path).id == "k2"


def test_another_key_is_not_lost_for_the_current_one(site: Site) -> None:
    (site.path / "key.k1").write_text("ab" * 32)
    with pytest.raises(BadInput, match=r"another key stands where the current one is to be kept: .*key.k1: move it away"):
        keys.rotate(site.path)
    assert Site.open(site.path) == site


def test_a_site_of_an_early_build_gets_a_seal(site: Site) -> None:
    (site.path / "seal").unlink()
    assert Site.open(site.path).seal == site.key
    assert keys.seals(site.path, keys.current(site.path))
    keys.rotate(site.path)
    assert Site.open(site.path).seal == site.key
    (site.path / "seal").unlink()
    with pytest.raises(BadInput, match="the seal of the site is missing"):
        Site.open(site.path)


@pytest.mark.parametrize("content", ["", "k2:", "k0:" + "ab" * 32, "k2:" + "ab" * 31, "k2 " + "ab" * 32, "x" * 64])
def test_a_damaged_key_is_one_line(site: Site, content: str) -> None:
    keys.rotate(site.path)
    for name, says in (("key.k1", "an older key of the site is damaged"), ("key", "the key of the site is damaged")):
        (site.path / name).write_text(content)
        with pytest.raises(BadInput, match=says):
            keys.older(site.path, keys.current(site.path))
