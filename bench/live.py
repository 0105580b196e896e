"""The capture of `bench/ingest.py` replayed at 1 Gbit/s on a veth in a namespace, heard by `asepsis network watch`: packets dropped,
CPU seconds, and how long the first rows take into the lake. Needs root, iproute2 and tcpreplay; bench.pcap is in the folder ASEPSIS_BENCH.

`live.py 2GB` keeps the packets too, in so much of the disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

MBIT = 1000


def main() -> int:
    capture = Path(os.environ.get("ASEPSIS_BENCH", ".")) / "bench.pcap"
    if not capture.exists():
        print(f"{capture} is not there: set ASEPSIS_BENCH")
        return 2
    if not shutil.which("tcpreplay"):
        print("tcpreplay is not there: apt-get install tcpreplay")
        return 2
    space = f"asepsis-{uuid.uuid4().hex[:8]}"
    inside = ["ip", "netns", "exec", space]
    subprocess.run(["ip", "netns", "add", space], check=True)
    try:
        subprocess.run(["ip", "-n", space, "link", "add", "tap0", "type", "veth", "peer", "name", "tap1"], check=True)
        for end in ("tap0", "tap1"):
            subprocess.run(["ip", "-n", space, "link", "set", end, "mtu", "65535", "up"], check=True)
        with tempfile.TemporaryDirectory() as site:
            listen = [*inside, sys.executable, "-m", "asepsis", "network", "watch", "-i", "tap1", "--site", site, "--json"]
            listen += ["--keep-packets", sys.argv[1]] if sys.argv[1:] else []
            watch = subprocess.Popen(listen, stdout=subprocess.PIPE, text=True)
            assert watch.stdout is not None
            watch.stdout.readline()
            began = time.monotonic()
            send = [*inside, "tcpreplay", "-q", "-i", "tap0", f"--mbps={MBIT}", str(capture)]
            replay = subprocess.Popen(send, stdout=subprocess.PIPE, text=True)
            first = None
            for line in watch.stdout:
                told = json.loads(line)
                first = time.monotonic() - began if first is None and told["rows"] > 1 else first
                if replay.poll() is not None:
                    break
            lasted = time.monotonic() - began
            watch.terminate()
            last = [json.loads(line) for line in watch.stdout][-1]
            _, _, used = os.wait4(watch.pid, 0)
            print(f"{last['packets']:,} packets in {lasted:.1f} s, {last['dropped']:,} dropped, {last['rows']:,} rows")
            print(f"first rows in the lake after {first:.1f} s; {used.ru_utime + used.ru_stime:.1f} CPU-s, the judging included")
            if kept := last.get("kept"):
                print(f"{kept['packets']:,} packets kept, {kept['lost']:,} could not be; {kept['bytes'] / 1e6:,.0f} MB now")
            print((replay.stdout.read() if replay.stdout else "").strip())
    finally:
        subprocess.run(["ip", "netns", "del", space], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
