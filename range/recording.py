"""What a switch's mirror shows of each zone, as it comes: one tcpdump a switch, from the hospital's opening or the day's beginning on.

Recorders go on when the program that began them ends, or is interrupted; the note of them is their pid files.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from lan import SCRATCH, START_S, RangeError
from topology import Topology, Zone

RAW = SCRATCH / "raw"
_DROPPED = re.compile(r"(\d+) packets? dropped by kernel")
_COMPLAINT = re.compile(r"^tcpdump: (?!listening|\d)(.+)$", re.M)
HEAD_BYTES = 24


def start(topology: Topology) -> None:
    """Begin anew: what was recorded before is gone."""
    stop()
    RAW.mkdir(exist_ok=True)
    for old in RAW.iterdir():
        old.unlink()
    for zone in topology.zones:
        _start(zone)
    deadline = time.monotonic() + START_S
    while not all(_begun(path_of(zone)) for zone in topology.zones):
        if time.monotonic() > deadline:
            raise RangeError("tcpdump does not start: " + _told(topology.zones[0]))
        time.sleep(0.02)


def stop() -> None:
    for note in RAW.glob("*.pid") if RAW.exists() else ():
        if pid := _process(note.stem):
            os.kill(pid, signal.SIGTERM)
        note.unlink()


def check(topology: Topology) -> None:
    """A packet that was lost makes a recording worthless.

    Raises:
        RangeError: a recorder has ended (most often: the scratch folder is full), or lost packets.
    """
    for zone in topology.zones:
        if not (pid := _process(zone.name)):
            raise RangeError(f"the recorder of {zone.name} has ended{_why(zone)}{room()}: `range day` begins a new recording")
        os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + START_S
    for zone in topology.zones:
        while not (counts := _DROPPED.findall(_told(zone))):
            if time.monotonic() > deadline:
                raise RangeError(f"the recorder of {zone.name} says nothing{room()}")
            time.sleep(0.02)
        if int(counts[-1]):
            raise RangeError(f"the recorder of {zone.name} lost {counts[-1]} packets: too much at once for this machine")


def path_of(zone: Zone) -> Path:
    return RAW / f"{zone.name}.pcap"


def _start(zone: Zone) -> None:
    words = ["tcpdump", "-i", zone.bridge, "-U", "-s", "0", "-B", "32768", "-w", str(path_of(zone)), "-Z", "root"]
    with (RAW / f"{zone.name}.log").open("w") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (RAW / f"{zone.name}.pid").write_text(str(process.pid))


def _process(zone: str) -> int:
    """The recorder's process; 0 if it has ended: one that nobody has buried yet has no command line, and its number may be another's."""
    try:
        pid = int((RAW / f"{zone}.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return 0
    return pid if os.fsencode(RAW / f"{zone}.pcap") in words else 0


def _why(zone: Zone) -> str:
    """What tcpdump complained of, if it did; not what it counted."""
    told = _COMPLAINT.findall(_told(zone))
    return f" ({told[-1]})" if told else ""


def _begun(path: Path) -> bool:
    return path.exists() and path.stat().st_size >= HEAD_BYTES


def _told(zone: Zone) -> str:
    try:
        return (RAW / f"{zone.name}.log").read_text(errors="replace").strip()
    except OSError:
        return ""


def room() -> str:
    """A hint where the scratch folder is nearly full, else nothing."""
    try:
        at = os.statvfs(SCRATCH)
    except OSError:  # not made yet
        return ""
    free = at.f_bavail * at.f_frsize >> 20
    return f" ({free} MiB free in the hospital's scratch folder: start it with a larger --scratch)" if free < 64 else ""
