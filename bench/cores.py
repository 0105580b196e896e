"""How much faster `lake ingest --cores N` is than a process that has one core, with and without `--apart`, in turn; and what the machine
allows: how much more as many processes do that share nothing, each with a core of its own. `python bench/cores.py CAPTURE...`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 3
NAMES = ("one core", "all cores", "all cores, apart", "a process a core")


def begin(captures: list[str], cores: set[int], site: str, apart: bool) -> subprocess.Popen[bytes]:
    words = ["-m", "asepsis", "lake", "ingest", *captures, "--site", site, "--json", "--cores", str(len(cores))]
    words += ["--apart"] if apart else []
    bound = ["taskset", "-c", ",".join(map(str, sorted(cores)))]
    return subprocess.Popen([*bound, sys.executable, *words], stdout=subprocess.DEVNULL)


def seconds(captures: list[str], *processes: set[int], apart: bool = False) -> tuple[float, float]:
    """By the clock, and of processors, of so many processes side by side, each with these cores."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        children = [begin(captures, cores, f"{folder}/{n}", apart) for n, cores in enumerate(processes)]
        cpu = 0.0
        for child in children:
            _, status, used = os.wait4(child.pid, 0)
            assert status == 0, child.args
            cpu += used.ru_utime + used.ru_stime
        return time.monotonic() - began, cpu


def main(captures: list[str]) -> int:
    if not captures:
        print("usage: python bench/cores.py CAPTURE...")
        return 2
    every = os.sched_getaffinity(0)
    faster: list[list[float]] = []
    for _ in range(RUNS):
        runs = [
            seconds(captures, {min(every)}),
            seconds(captures, every),
            seconds(captures, every, apart=True),
            seconds(captures, *({core} for core in every)),
        ]
        print(", ".join(f"{name} {clock:.2f} s ({cpu:.2f} CPU-s)" for name, (clock, cpu) in zip(NAMES, runs, strict=True)))
        one, *others = (clock for clock, _ in runs)
        faster.append([one / clock for clock in others])
    together, apart, each = (statistics.median(ratios) for ratios in zip(*faster, strict=True))
    print(f"--cores {len(every)}: {together:.2f} times as fast as one core; with --apart {apart:.2f}")
    print(f"{len(every)} processes that share nothing: {len(every) * each:.2f} times the work of one")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
