"""From packet to alert: intruders talk to a decoy while `network watch` listens; how long from the first packet of each to the alert.

    python bench/latency.py [--intruders 60] [--minutes 3] [--background CAPTURE] [--json]

As root: a switch in a network namespace with a real decoy behind it, each intruder a machine in a namespace of its own, who come at random
moments; and the packets of a capture, over and over, as what else is heard. Alerts are looked for in the store four times a second.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles

from asepsis.findings.service import findings
from asepsis.kit.site import Site
from asepsis.settings import has_store

SWITCH, MACHINE = "asepsis-bench", "asepsis-bench-{}"
DECOY, INTRUDER = "10.30.60.99", "10.30.40.{}"
SITE = f'[[assets]]\naddress = "{DECOY}"\nkind = "decoy"\nname = "Old archive"\n'
PATIENCE_S = 60
MESSAGE = r"b'\x0bMSH|^~\\&|A|B|C|D|20260302||ADT^A01|77|P|2.5\r\x1c\r'"
TALK = f"""
import socket
with socket.create_connection(("{DECOY}", 2575)) as line:
    line.sendall({MESSAGE})
    line.recv(1000)
"""
# Each frame of a pcap (little endian) again and again, a thousand a second.
NOISE = """
import socket, struct, sys, time
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("port", 0))
data = open(sys.argv[1], "rb").read()
while True:
    at = 24
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        if length <= 1514:
            out.send(data[at + 16 : at + 16 + length])
        at += 16 + length
        time.sleep(0.001)
"""


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@contextmanager
def switch(intruders: int) -> Iterator[None]:
    """A switch, the decoy's address on it, and a machine at each of its ports."""
    names = [SWITCH, *(MACHINE.format(n + 1) for n in range(intruders))]
    for name in names:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        run("ip", "netns", "add", name)
    try:
        run("ip", "-n", SWITCH, "link", "add", "wire", "type", "bridge")
        run("ip", "-n", SWITCH, "address", "add", f"{DECOY}/16", "dev", "wire")
        run("ip", "-n", SWITCH, "link", "set", "wire", "up")
        for n, name in enumerate(names[1:], 1):
            run("ip", "-n", SWITCH, "link", "add", f"port{n}", "master", "wire", "type", "veth", "peer", "name", "port", "netns", name)
            run("ip", "-n", name, "address", "add", f"{INTRUDER.format(n)}/16", "dev", "port")
            run("ip", "-n", name, "link", "set", "port", "up")
            run("ip", "-n", SWITCH, "link", "set", f"port{n}", "up")
        yield
    finally:
        for name in names:
            run("ip", "netns", "del", name)


@contextmanager
def within(namespace: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a namespace, interrupted at the end."""
    words = ("ip", "netns", "exec", namespace, sys.executable, *words)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=15)
        process.kill()


def drained(process: subprocess.Popen[str]) -> None:
    """Waits for its first line, and reads the others so that it never waits for us."""
    assert process.stdout is not None
    process.stdout.readline()
    threading.Thread(target=process.stdout.read, daemon=True).start()


def measured(site: Site, intruders: int, minutes: float, dice: random.Random) -> list[float]:
    """Seconds from the first packet of each intruder to the alert; infinite where none came."""
    moments = sorted(dice.uniform(0, minutes * 60) for _ in range(intruders))
    began: dict[str, float] = {}
    told: dict[str, float] = {}
    start = time.monotonic()
    talking: list[subprocess.Popen[bytes]] = []
    while len(told) < intruders and time.monotonic() - start < minutes * 60 + PATIENCE_S:
        while len(began) < intruders and time.monotonic() - start >= moments[len(began)]:
            address, machine = INTRUDER.format(len(began) + 1), MACHINE.format(len(began) + 1)
            began[address] = time.monotonic()
            talking.append(subprocess.Popen(["ip", "netns", "exec", machine, sys.executable, "-S", "-c", TALK]))
        for finding in findings(site) if has_store(site) else ():
            if finding.seen.check == "decoy-touched" and (found := re.search(r"10\.30\.40\.\d+", finding.seen.title)):
                told.setdefault(found[0], time.monotonic())
        time.sleep(0.25)
    for one in talking:
        one.wait(10)
    return [told.get(address, float("inf")) - at for address, at in began.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--intruders", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--background", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, switch(given.intruders):
        site = Site.open(Path(folder) / "site", create=True)
        (site.path / "site.toml").write_text(SITE)
        asepsis = ("-m", "asepsis", "network")
        with (
            within(SWITCH, *asepsis, "watch", "-i", "wire", "--site", str(site.path), "--json") as watch,
            within(SWITCH, *asepsis, "decoy", "up", "--bind", DECOY, "--only", "hl7", "--site", str(site.path)) as decoy,
        ):
            drained(watch)
            drained(decoy)
            if given.background:
                with within(MACHINE.format(1), "-c", NOISE, str(given.background.resolve())):
                    took = measured(site, given.intruders, given.minutes, random.Random(1))
            else:
                took = measured(site, given.intruders, given.minutes, random.Random(1))
    cuts = quantiles(took, n=20, method="inclusive")
    figures = {"intruders": len(took), "median_s": round(cuts[9], 1), "p95_s": round(cuts[18], 1), "longest_s": round(max(took), 1)}
    if given.json:
        print(json.dumps(figures))
    else:
        print(f"{len(took)} intruders: median {cuts[9]:.1f} s, p95 {cuts[18]:.1f} s, longest {max(took):.1f} s from first packet to alert")


if __name__ == "__main__":
    main()
