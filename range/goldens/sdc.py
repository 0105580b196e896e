"""IEEE 11073 SDC: a monitor and a display, both by sdc11073 (`bedside.py`)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import lan

from goldens.cable import CLIENT, Recorded

PACKAGES: dict[str, str] = {}  # sdc11073 comes from PyPI
SCRIPT = str(Path(__file__).with_name("bedside.py"))


def record(into: Path, server: str, recorded: Recorded) -> None:
    """A monitor announces itself, is found, read and subscribed to, and leaves."""
    whole = lan.SCRATCH / "sdc.pcap"
    with recorded(whole, "udp port 3702 or tcp or udp src portrange 30000-65535"):
        monitor = _actor("server", SCRIPT, "monitor", server)
        _wait(monitor.stdout, "announced")
        display = _actor("client", SCRIPT, "display", CLIENT)
        _wait(display.stdout, "subscribed")
        print(file=monitor.stdin)
        _wait(monitor.stdout, "changed")
        time.sleep(1)
        print(file=display.stdin)
        display.wait(timeout=30)
        print(file=monitor.stdin)
        monitor.wait(timeout=30)
    _split(whole, into / "sdc" / "discovery.pcap", "udp")
    _split(whole, into / "sdc" / "services.pcap", "tcp")


def _actor(space: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        lan.command(space, [sys.executable, *words]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def _wait(out: IO[str] | None, word: str) -> None:
    for line in out or ():
        if line.strip() == word:
            return
    raise lan.RangeError(f"an actor ended before it said {word}")


def _split(whole: Path, path: Path, only: str) -> None:
    path.parent.mkdir(exist_ok=True)
    subprocess.run(["tcpdump", "-r", str(whole), "-w", str(path), "-Z", "root", only], check=True, capture_output=True)
