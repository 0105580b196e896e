"""How much faster `lake ingest --cores N` is than a process that has one core, in turn. `python bench/cores.py CAPTURE...`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 3


def seconds(captures: list[str], cores: set[int]) -> tuple[float, float]:
    """By the clock, and of processors."""
    with tempfile.TemporaryDirectory() as folder:
        words = [
            sys.executable,
            "-m",
            "asepsis",
            "lake",
            "ingest",
            *captures,
            "--site",
            f"{folder}/site",
            "--json",
            "--cores",
            str(len(cores)),
        ]
        began = time.monotonic()
        child = subprocess.Popen(["taskset", "-c", ",".join(map(str, sorted(cores))), *words], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        assert status == 0, words
        return time.monotonic() - began, used.ru_utime + used.ru_stime


def main(captures: list[str]) -> int:
    if not captures:
        print("usage: python bench/cores.py CAPTURE...")
        return 2
    every = os.sched_getaffinity(0)
    pairs = [(seconds(captures, {min(every)}), seconds(captures, every)) for _ in range(RUNS)]
    for (alone, cpu_alone), (all_of_them, cpu_all) in pairs:
        print(f"one core {alone:.2f} s ({cpu_alone:.2f} CPU-s), {len(every)} cores {all_of_them:.2f} s ({cpu_all:.2f} CPU-s)")
    print(f"{statistics.median(one[0] / many[0] for one, many in pairs):.2f} times as fast")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
