"""Killed in the midst of a look, at any moment: no alert is lost, none is there twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STORY = Path(__file__).parents[2] / "range" / "attack" / "story.pcap.gz"
KILLS = 20 if os.environ.get("ASEPSIS_SOAK") else 5


def assess(site: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "asepsis", "assess", str(STORY), "--site", str(site), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def told(site: Path) -> Any:
    """What a run that is left in peace says: every alert with its rows, and the stories."""
    out, _ = assess(site).communicate()
    alerts = [f for f in json.loads(out)["findings"] if f["kind"] == "alert"]
    stories = subprocess.run(
        [sys.executable, "-m", "asepsis", "network", "stories", "list", "--site", str(site), "--json"], check=True, capture_output=True
    )
    kept = [(f["id"], f["title"], f["decision"], f["state"], f["first_seen"], f["last_seen"], sorted(f["events"])) for f in alerts]
    return sorted(kept), json.loads(stories.stdout)


def test_killed_again_and_again(tmp_path: Path) -> None:
    begun = time.monotonic()
    expected = told(tmp_path / "whole")
    whole = time.monotonic() - begun
    assert expected[0], "the capture holds an attack"
    dice = random.Random(7)
    for n in range(KILLS):
        running = assess(tmp_path / "killed")
        try:
            running.wait(dice.uniform(0.1, whole))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
        running.communicate()
        assert running.returncode in (0, -signal.SIGKILL), n
    assert told(tmp_path / "killed") == expected
