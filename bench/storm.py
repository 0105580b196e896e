"""A storm of connections of one packet each: packets per CPU second of `lake ingest`, and peak memory. The same of ndpiReader, where there
is one, which keeps no row of any. `python bench/storm.py [COUNT]`."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path


def storm(path: Path, count: int) -> None:
    """SYNs from `count` ends, 10 microseconds apart."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for n in range(count):
            source = struct.pack(">I", 0x0A000000 + n // 50_000)
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, n & 0xFFFF or 1, 0, 64, 6, 0) + source + b"\x0a\x01\x01\x01"
            tcp = struct.pack(">HHIIBBHHH", 1024 + n % 50_000, 80, n, 0, 0x50, 2, 64000, 0, 0)
            out.write(struct.pack("<IIII", 1_700_000_000 + n // 100_000, n % 100_000 * 10, 40, 40) + ip + tcp)


def used(*command: str) -> tuple[float, int]:
    """CPU seconds and peak kB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "storm.pcap"
        storm(capture, count)
        _, floor = used(sys.executable, "-c", "import duckdb, pyarrow")
        seconds, peak = used(sys.executable, "-m", "asepsis", "lake", "ingest", str(capture), "--site", f"{folder}/site", "--json")
        print(f"{count:,} connections: {seconds:.2f} CPU-s, {count / seconds / 1e6:.2f} Mpkt per CPU-s, +{(peak - floor) / 1024:.0f} MiB")
        if peer := shutil.which("ndpiReader"):
            theirs, most = used(peer, "-q", "-n", "1", "-i", str(capture))
            print(f"ndpiReader: {theirs:.2f} CPU-s, {count / theirs / 1e6:.2f} Mpkt per CPU-s, {most / 1024:.0f} MiB in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
