"""Two hosts on a cable, and a recorder at the client's end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import lan

SERVER, CLIENT = "10.66.0.2", "10.66.0.3"
Recorded = Callable[[Path, str], AbstractContextManager[None]]


def lay() -> None:
    """`server` and `client`, joined by one cable; the recorder sits at the client's end."""
    for space in ("server", "client"):
        lan.ip("netns", "add", space)
        lan.ip("-n", space, "link", "set", "lo", "up")
    lan.ip("link", "add", "eth0", "netns", "server", "type", "veth", "peer", "name", "eth0", "netns", "client")
    for space, address in (("server", SERVER), ("client", CLIENT)):
        lan.ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        lan.ip("-n", space, "link", "set", "eth0", "up")
        lan.ip("-n", space, "route", "add", "224.0.0.0/4", "dev", "eth0")
        lan.run(space, ["ethtool", "-K", "eth0", "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"])
        lan.run(space, ["sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1"])


@contextmanager
def recorded(path: Path, only: str) -> Iterator[None]:
    """What passes meanwhile and fits the filter.

    Raises:
        RangeError: the recorder ended before its time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    words = ["tcpdump", "-i", "eth0", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", str(path), only]
    recorder = subprocess.Popen(lan.command("client", words), stderr=subprocess.PIPE, text=True)
    while not path.exists() or path.stat().st_size < 24:
        if recorder.poll() is not None:
            raise lan.RangeError(f"no recording into {path}: {recorder.communicate()[1].strip()[-300:]}")
        time.sleep(0.05)
    try:
        yield
    finally:
        time.sleep(0.5)
        recorder.terminate()
        recorder.communicate(timeout=10)
