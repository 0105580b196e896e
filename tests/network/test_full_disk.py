"""A disk that fills in the midst of a look: one line says so, and with room the same command tells what it would have told."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_kills import assess, told

DISK = 8192


@pytest.mark.sqlite
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
