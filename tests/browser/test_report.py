"""The report in a real browser: nothing is refused by its own policy, nothing is loaded, light and dark and narrow."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from asepsis.cli.main import main

CHROMIUM = shutil.which("chromium")
MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    assert main(["assess", str(MORNING), "--site", str(folder / "site"), "--report", str(folder / "report.html")]) == 0
    return folder / "report.html"


def browse(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync")
    command = [str(CHROMIUM), *quiet, f"--user-data-dir={folder}", "--enable-logging=stderr", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)


def test_its_own_policy_refuses_nothing(report: Path, tmp_path: Path) -> None:
    shown = browse(tmp_path, "--dump-dom", report.as_uri())
    assert "What endangers patients" in shown.stdout
    assert not [line for line in shown.stderr.splitlines() if "Content Security Policy" in line or "CONSOLE" in line]


@pytest.mark.parametrize("look", [(), ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")], ids=["light", "dark"])
def test_it_is_drawn(report: Path, tmp_path: Path, look: tuple[str, ...]) -> None:
    picture = tmp_path / "shot.png"
    browse(tmp_path / "profile", "--window-size=1000,800", f"--screenshot={picture}", *look, report.as_uri())
    assert picture.stat().st_size > 20_000, "a blank page is smaller"
