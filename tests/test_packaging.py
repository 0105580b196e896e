"""The units are understood by systemd, and are tight."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[1] / "packaging" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for path in UNITS.iterdir():
        # A template is looked at as the unit of one interface.
        (tmp_path / path.name.replace("@.", "@mirror0.")).write_text(path.read_text().replace("/opt/asepsis/bin/asepsis", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    assert "asepsis" not in done.stderr, done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_the_sandbox_is_tight(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) < 2.0


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_no_unit_has_a_right_but_to_listen(unit: Path) -> None:
    stated = dict(line.split("=", 1) for line in unit.read_text().splitlines() if re.match(r"[A-Z]\w+=", line))
    wanted = "CAP_NET_RAW" if "watch" in unit.name else ""
    assert (stated.get("AmbientCapabilities", ""), stated["CapabilityBoundingSet"]) == (wanted, wanted)
    assert (stated["User"], stated["NoNewPrivileges"], stated["ProtectSystem"]) == ("asepsis", "yes", "strict")
