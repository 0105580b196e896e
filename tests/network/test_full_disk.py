"""A disk that fills in the midst of a look: one line says so, and with room the same command tells what it would have told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_kills import assess, told

DISK = 8192


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, in KiB."""
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}k", "tmpfs", str(tmp_path / "disk")]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a tmpfs")
    yield tmp_path / "disk"
    subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)


def test_no_alert_is_lost_or_doubled(disk: Path, tmp_path: Path) -> None:
    site, filler = disk / "site", disk / "filler"
    failed = 0
    # KiB: each time somewhat more is written before there is no room for the rest.
    for free in (450, 520, 580, 640):
        filler.write_bytes(b"x" * 1024 * (DISK - free))
        running = assess(site)
        running.communicate(timeout=120)
        failed += running.returncode == 3
        filler.unlink()
    assert failed >= 2
    assert told(site) == told(tmp_path / "undisturbed")
