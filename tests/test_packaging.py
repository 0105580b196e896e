"""The systemd unit of the sensor is understood by systemd, and is tight."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "packaging" / "systemd" / "asepsis-watch@.service"
pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "asepsis-watch@mirror0.service"
    unit.write_text(UNIT.read_text().replace("/opt/asepsis/bin/asepsis", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "asepsis" not in done.stderr, done.stderr


def test_the_sandbox_is_tight() -> None:
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", str(UNIT)], capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) < 2.0
