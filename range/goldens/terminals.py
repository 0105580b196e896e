"""Telnet: inetutils' server in its inetd and the system's own login; a wrong password, the right one, and nobody."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import lan
from accounts import ACCOUNT, PASSWORD, invent_account

from goldens.cable import Recorded

PACKAGES = {"telnet": "inetutils-telnet", "inetutils-inetd": "inetutils-inetd", "telnetd": "inetutils-telnetd", "openssl": "openssl"}


def _type(server: str, *script: tuple[bytes, bytes]) -> None:
    """A terminal at which somebody waits for the one and then types the other."""
    master, slave = pty.openpty()
    words = lan.command("client", ["telnet", server])
    client = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    said = b""
    for awaited, typed in script:
        deadline = time.monotonic() + 15
        while awaited not in said and time.monotonic() < deadline:
            if select.select([master], [], [], 0.2)[0]:
                said += os.read(master, 4096)
        said = b""
        time.sleep(0.2)
        os.write(master, typed)
    time.sleep(1)
    client.terminate()
    client.wait(timeout=10)
    os.close(master)


def _server() -> None:
    if f"{ACCOUNT}:" not in Path("/etc/passwd").read_text():
        invent_account()
    conf = lan.SCRATCH / "inetd.conf"
    conf.write_text("telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n")
    lan.start("server", ["inetutils-inetd", "-d", str(conf)], ports=[23])


def _lines(*lines: str) -> Sequence[bytes]:
    return [f"{line}\r".encode() for line in lines]


def record(into: Path, server: str, recorded: Recorded) -> None:
    _server()
    name, wrong, right, leave, guess = _lines(ACCOUNT, "zz-wrong-invented", PASSWORD, "exit", "admin")
    with recorded(into / "telnet" / "logins.pcap", "tcp port 23"):
        _type(server, (b"login: ", name), (b"Password: ", wrong), (b"login: ", name), (b"Password: ", right), (b"$ ", leave))
        _type(server, (b"login: ", guess), (b"Password: ", guess), (b"login: ", b"\x1d"))
        _type(server, (b"login: ", b"\x1d"))
