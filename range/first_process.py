"""The first process of the hospital's namespaces: builds everything, says when it is open, and then only buries the dead."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import TextIO

import certificates
import recording
import services
from accounts import invent_account
from lan import INSIDE, SCRATCH
from recording import room
from state import Hospital
from topology import Topology

import network

SCRATCH_SIZE = "60%"


def live(topology: Topology, seed: int, quick: bool, size: str = SCRATCH_SIZE) -> int:
    """Open the hospital and stay until the end; `size` bounds what daemons and recordings may fill (tmpfs(5))."""
    told = os.fdopen(int(os.environ.pop(INSIDE)), "w")
    try:
        _open(topology, seed, quick, size, told)
    except Exception as error:  # noqa: BLE001  whoever waits for the opening must hear of it
        reason = f"{error}: {error.stderr!s:.400}" if isinstance(error, subprocess.CalledProcessError) else str(error)
        print("error: " + (reason or type(error).__name__).replace("\n", " ") + room(), file=told, flush=True)
        traceback.print_exc()
        return 3
    print("open", file=told, flush=True)
    told.close()
    _stay()
    return 0


def _open(topology: Topology, seed: int, quick: bool, size: str, told: TextIO) -> None:
    def say(text: str) -> None:
        print(text, file=told, flush=True)

    scratch(size)
    hospital = Hospital.new(topology, seed, quick)
    say(f"network of {len(topology.zones)} zones and {len(topology.hosts)} hosts")
    network.build(topology)
    resolver(hospital)
    certificates.make(topology)
    invent_account()
    recording.start(topology)
    say("daemons")
    began = time.monotonic()
    services.start(hospital, say)
    say(f"open after {time.monotonic() - began:.0f} s of starting daemons")


def scratch(size: str) -> None:
    """/run becomes ours alone: daemons' pid files and sockets cannot meet those of the machine's own services."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", "/run"], check=True, capture_output=True, text=True)
    socket.sethostname("files")  # Samba tells its machine's name to everybody
    for folder in (SCRATCH, Path("/run/netns"), Path("/run/samba"), Path("/run/sshd")):
        folder.mkdir(parents=True)
    SCRATCH.chmod(0o755)


def resolver(hospital: Hospital) -> None:
    """Every host asks the hospital's own name server, unless it has a file of its own in /etc/netns."""
    path = SCRATCH / "resolv.conf"
    server = hospital.topology.address(hospital.topology.nameserver)
    path.write_text(f"nameserver {server}\nsearch {hospital.topology.domain}\n")
    subprocess.run(["mount", "--bind", str(path), "/etc/resolv.conf"], check=True)


def _stay() -> None:
    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        with contextlib.suppress(ChildProcessError):
            os.wait()
            continue
        signal.pause()
