"""What `lake ingest` costs beside ndpiReader and tshark on the same large capture, and what a first look at a small file costs.

    python bench/ingest.py [--runs N] [--json]

The large capture is `bench.pcap` in the folder named by ASEPSIS_BENCH, about a gigabyte of DICOM, HL7, FHIR, TLS, SMB and DNS; without
it only the start-up figures are made. CPU is that of the whole process tree of one command, user and system (getrusage(2) of a waited
child), so threads and helpers count; peak memory is the largest process's. Of several runs the one with least CPU counts: a shared
machine only ever adds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASEPSIS = Path(sys.executable).with_name("asepsis")
MORNING = ROOT / "range" / "captures" / "morning.pcap.gz"
SMALL_PACKETS = 200
BARS = {"assess of 200 packets": ("wall_s", 1.5), "lake ingest of 200 packets": ("cpu_s", 0.8)}


@dataclass(frozen=True, slots=True)
class Cost:
    """One command's price: seconds, and MiB at its peak."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mib: float
    input_mb: float

    @property
    def mb_per_cpu_s(self) -> float:
        return self.input_mb / self.cpu_s if self.cpu_s else 0.0


def measure(name: str, words: list[str], input_mb: float) -> Cost:
    """Run one command to its end; `SystemExit` when it fails, for a failed run has no price."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"bench: {' '.join(words)}: exit {process.returncode}: {said.read()[-300:].decode(errors='replace')}")
    return Cost(name, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, input_mb)


def best(name: str, words: Callable[[Path], list[str]], input_mb: float, runs: int) -> Cost:
    """The cheapest of several runs, each with an empty folder of its own to write to."""
    costs = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            costs.append(measure(name, words(Path(folder)), input_mb))
    return min(costs, key=lambda cost: cost.cpu_s)


def first_packets(source: Path, count: int, target: Path) -> None:
    """The first packets of a pcap, little endian and microseconds as tcpdump writes it here (draft-ietf-opsawg-pcap section 4 and 5)."""
    raw = gzip.decompress(source.read_bytes())
    end = 24
    for _ in range(count):
        (length,) = struct.unpack_from("<I", raw, end + 8)
        end += 16 + length
    target.write_bytes(raw[:end])


def start_up(runs: int) -> list[Cost]:
    """What a first look at a small file costs: start, imports, a new site, one ingest."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.pcap"
        first_packets(MORNING, SMALL_PACKETS, small)
        size = small.stat().st_size / 1e6
        ask: dict[str, Callable[[Path], list[str]]] = {
            "assess of 200 packets": lambda site: [str(ASEPSIS), "assess", str(small), "--site", str(site / "site")],
            "lake ingest of 200 packets": lambda site: [str(ASEPSIS), "lake", "ingest", str(small), "--site", str(site / "site")],
        }
        return [best(name, words, size, runs) for name, words in ask.items()]


def repeat(words: list[str]) -> Callable[[Path], list[str]]:
    return lambda _folder: words


def warm(path: Path) -> None:
    """Bring a file into the page cache, so that the first one to read it does not pay for the disk."""
    with path.open("rb", buffering=0) as raw:
        while raw.read(1 << 24):
            pass


def throughput(capture: Path, runs: int) -> list[Cost]:
    """The same gigabyte through us and through the peers that this machine has."""
    path, size = str(capture), capture.stat().st_size / 1e6
    warm(capture)
    ours = best("asepsis lake ingest", lambda site: [str(ASEPSIS), "lake", "ingest", path, "--site", str(site / "site")], size, runs)
    peers = {"ndpiReader": ["ndpiReader", "-q", "-i", path], "tshark": ["tshark", "-n", "-q", "-z", "io,phs", "-r", path]}
    costs = [ours]
    for name, words in peers.items():
        if shutil.which(name):
            costs.append(best(name, repeat(words), size, runs if name == "ndpiReader" else 1))
        else:
            print(f"bench: no {name} on this machine: left out", file=sys.stderr)
    return costs


def verdict(cost: Cost) -> str:
    if cost.name not in BARS:
        return ""
    what, most = BARS[cost.name]
    return f"{what} < {most}: " + ("holds" if getattr(cost, what) < most else "SHORT")


def table(costs: list[Cost]) -> str:
    lines = [f"{'command':<28}{'wall s':>9}{'CPU s':>9}{'MB/CPU-s':>11}{'peak MiB':>10}  bar"]
    for cost in costs:
        figures = f"{cost.wall_s:>9.2f}{cost.cpu_s:>9.2f}{cost.mb_per_cpu_s:>11.1f}{cost.peak_mib:>10.0f}"
        lines.append(f"{cost.name:<28}{figures}  {verdict(cost)}".rstrip())
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="CPU of `lake ingest` beside its peers, and of a first look.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    costs = start_up(asked.runs)
    capture = Path(os.environ.get("ASEPSIS_BENCH", "build/bench")) / "bench.pcap"
    if capture.is_file():
        costs += throughput(capture, asked.runs)
    else:
        print(f"bench: no {capture}: throughput left out; set ASEPSIS_BENCH to the folder that holds bench.pcap", file=sys.stderr)
    print(json.dumps([{**asdict(cost), "mb_per_cpu_s": cost.mb_per_cpu_s} for cost in costs], indent=1) if asked.json else table(costs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
