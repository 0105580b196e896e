"""What a further capture costs, without start and last commit: CPU seconds of `lake ingest` of one capture and of four, the others an hour
later each, in turn with ndpiReader on the same; medians. `python bench/slope.py CAPTURE`. Needs editcap and ndpiReader."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile

RUNS = 5


def used(*command: str) -> float:
    """CPU seconds."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, command
    return usage.ru_utime + usage.ru_stime


def ingest(*captures: str) -> float:
    with tempfile.TemporaryDirectory() as site:
        return used(sys.executable, "-m", "asepsis", "lake", "ingest", *captures, "--site", site, "--json")


def main(arguments: list[str]) -> int:
    missing = [program for program in ("editcap", "ndpiReader") if not shutil.which(program)]
    if len(arguments) != 1 or missing:
        print("usage: python bench/slope.py CAPTURE" if not missing else f"{missing[0]} is not there: apt-get install tshark libndpi-bin")
        return 2
    (capture,) = arguments
    with tempfile.TemporaryDirectory() as folder:
        later = [f"{folder}/{hours}.pcap" for hours in (1, 2, 3)]
        for hours, path in enumerate(later, 1):
            subprocess.run(["editcap", "-t", str(3600 * hours), capture, path], check=True)
        ours, theirs = [], []
        for _ in range(RUNS):
            one, peer, four = ingest(capture), used("ndpiReader", "-q", "-n", "1", "-i", capture), ingest(capture, *later)
            ours.append((four - one) / 3)
            theirs.append(peer)
            print(f"a further capture {ours[-1]:.2f} CPU-s, ndpiReader {peer:.2f}")
    slope, peer, size = statistics.median(ours), statistics.median(theirs), os.path.getsize(capture) / 1e6
    print(f"{size / slope:,.0f} MB per CPU-s, ndpiReader {size / peer:,.0f}: {peer / slope:.2f} of its speed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
