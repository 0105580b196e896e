"""A switched network on one machine: one bridge, one network namespace a host, one recorder on the bridge.

Everything lives in private namespaces for processes, mounts, network and names (`enclose`). When its first process ends, however it
ends, the kernel ends every daemon, unmounts the scratch file system and removes every interface: there is nothing to clean up, not even
after SIGKILL.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cast import DOMAIN, GATEWAY, HOSTS, NAMESERVER, OUTSIDE, Host, host

INSIDE = "ASEPSIS_RANGE_INSIDE"
SCRATCH = Path("/run/range")
START_S = 60.0  # a daemon that ends says so at once; one on a busy machine takes its time
BRIDGE = "switch0"
OUTSIDE_GATEWAY = "192.0.2.1"


class RangeError(Exception):
    """The range cannot be built or something in it failed; the text says what to do."""


def enclose(packages: dict[str, str]) -> None:
    """Return inside the private namespaces; outside, replace this process by one inside. `packages`: program -> Debian package."""
    if os.environ.get(INSIDE):
        _make_scratch()
        return
    if os.geteuid() != 0:
        raise RangeError("needs root, to make network namespaces: run it with sudo")
    missing = sorted({package for program, package in packages.items() if not shutil.which(program)})
    if missing:
        raise RangeError("missing programs: apt-get install --no-install-recommends " + " ".join(missing))
    flags = ["--fork", "--pid", "--kill-child", "--mount", "--mount-proc", "--net", "--uts"]
    # the machine's own programs first: pynetdicom has a storescp too
    path = os.pathsep.join((os.defpath, os.environ.get("PATH", "")))
    os.execvpe("unshare", ["unshare", *flags, sys.executable, *sys.argv], {**os.environ, "PATH": path, INSIDE: "1"})


def _make_scratch() -> None:
    """/run becomes ours alone: daemons' pid files and sockets cannot meet those of the machine's own services."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    socket.sethostname("files")  # Samba tells its machine's name to everybody
    for folder in (SCRATCH, Path("/run/netns"), Path("/run/samba")):
        folder.mkdir(parents=True)
    SCRATCH.chmod(0o755)
    resolver = SCRATCH / "resolv.conf"
    resolver.write_text(f"nameserver {NAMESERVER}\nsearch {DOMAIN}\n")
    subprocess.run(["mount", "--bind", str(resolver), "/etc/resolv.conf"], check=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def build() -> None:
    """Make the bridge, every host with its card, and the router's outer side with the hosts of the internet."""
    ip("link", "set", "lo", "up")
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("link", "set", BRIDGE, "up", "promisc", "on")
    for one in HOSTS:
        _plug(one)
    _internet()


def _plug(one: Host) -> None:
    ip("netns", "add", one.name)
    ip("link", "add", f"p-{one.name}", "type", "veth", "peer", "name", "eth0", "netns", one.name)
    ip("link", "set", f"p-{one.name}", "master", BRIDGE, "up")
    ip("-n", one.name, "link", "set", "lo", "up")
    ip("-n", one.name, "link", "set", "eth0", "address", one.mac, "up")
    _real_frames(one.name, "eth0")
    if not one.dhcp_vendor_class:
        ip("-n", one.name, "addr", "add", f"{one.address}/16", "dev", "eth0")
        if one.name != "router":
            ip("-n", one.name, "route", "add", "default", "via", GATEWAY)


def _real_frames(space: str, card: str) -> None:
    """Offloads off and IPv6 quiet: frames of a size and with checksums that a wire would carry."""
    run(space, ["ethtool", "-K", card, "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"])
    run(space, ["sysctl", "-qw", f"net.ipv6.conf.{card}.disable_ipv6=1"])


def _internet() -> None:
    ip("netns", "add", "internet")
    ip("-n", "internet", "link", "set", "lo", "up")
    ip("-n", "router", "link", "add", "wan0", "type", "veth", "peer", "name", "eth0", "netns", "internet")
    ip("-n", "router", "addr", "add", f"{OUTSIDE_GATEWAY}/24", "dev", "wan0")
    ip("-n", "router", "link", "set", "wan0", "up")
    ip("-n", "internet", "addr", "add", "192.0.2.2/24", "dev", "eth0")
    ip("-n", "internet", "link", "set", "eth0", "up")
    ip("-n", "internet", "route", "add", "default", "via", OUTSIDE_GATEWAY)
    run("router", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
    for card in ("all", "wan0", "eth0"):
        run("router", ["sysctl", "-qw", f"net.ipv4.conf.{card}.send_redirects=0"])
    for address in OUTSIDE.values():
        ip("-n", "internet", "addr", "add", f"{address}/32", "dev", "lo")
        ip("-n", "router", "route", "add", f"{address}/32", "via", "192.0.2.2")
    _real_frames("router", "wan0")
    _real_frames("internet", "eth0")


def address(name: str) -> str:
    return host(name).address


def command(space: str, words: Sequence[object]) -> list[str]:
    return ["ip", "netns", "exec", space, *map(str, words)]


def log(space: str, words: Sequence[object]) -> Path:
    return SCRATCH / f"{space}-{Path(str(words[0])).name}.log"


def run(space: str, words: Sequence[object], *, env: dict[str, str] | None = None, expect: Sequence[int] = (0,), stdin: str = "") -> str:
    """Run one program on a host to its end and give its output; any exit status but the expected ones ends the recording."""
    full = {**os.environ, **(env or {})}
    done = subprocess.run(
        command(space, words), check=False, capture_output=True, text=True, errors="replace", env=full, input=stdin, timeout=90
    )
    if expect and done.returncode not in expect:
        raise RangeError(f"{space}: {' '.join(map(str, words))}: exit {done.returncode}: {(done.stdout + done.stderr)[-600:]}")
    return done.stdout


def start(space: str, words: Sequence[object], *, ports: Sequence[int] = (), udp: bool = False, env: dict[str, str] | None = None) -> None:
    """Start a daemon on a host and wait until it listens on its ports (looked up, not probed: a probe would be in the capture)."""
    if taken := [port for port in ports if _listens(space, port, udp)]:
        raise RangeError(f"{space}: port {taken[0]} is taken by another daemon of this host: {words[0]} is not started")
    with log(space, words).open("ab") as out:
        full = {**os.environ, **(env or {})}
        process = subprocess.Popen(
            command(space, words), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=full, start_new_session=True
        )
    deadline = time.monotonic() + START_S
    while not all(_listens(space, port, udp) for port in ports):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RangeError(f"{space}: {words[0]} does not listen: {log(space, words).read_text(errors='replace')[-600:]}")
        time.sleep(0.05)


def _listens(space: str, port: int, udp: bool) -> bool:
    return f":{port} " in run(space, ["ss", "-Hlnu" if udp else "-Hlnt"])


def lease(one: Host) -> None:
    """Get the host's address from the hospital's DHCP server with a real client."""
    script = SCRATCH / "lease.sh"
    script.write_text(
        '#!/bin/sh\n[ "$reason" = BOUND ] || exit 0\n'
        'ip addr add "$new_ip_address/16" dev "$interface"\nip route add default via "$new_routers"\n'
    )
    script.chmod(0o755)
    conf = SCRATCH / f"dhclient-{one.name}.conf"
    asked = "subnet-mask, routers, domain-name, domain-name-servers"
    asked += (
        ", netbios-name-servers, netbios-node-type, vendor-encapsulated-options"
        if one.dhcp_vendor_class.startswith("MSFT")
        else ", ntp-servers"
    )
    conf.write_text(f'send host-name "{one.name.upper()}";\nsend vendor-class-identifier "{one.dhcp_vendor_class}";\nrequest {asked};\n')
    files = ["-cf", str(conf), "-sf", str(script), "-lf", f"{SCRATCH}/{one.name}.lease", "-pf", f"{SCRATCH}/{one.name}.pid"]
    run(one.name, ["dhclient", "-1", *files, "eth0"])
    if one.address not in run(one.name, ["ip", "-4", "addr", "show", "dev", "eth0"]):
        raise RangeError(f"{one.name}: no lease of {one.address}")


class Recorder:
    """tcpdump on the bridge: what a switch's mirror port would show."""

    def __init__(self, path: Path) -> None:
        for one in HOSTS:
            run(one.name, ["ip", "neigh", "flush", "all"])
        self._log = (SCRATCH / "recorder.log").open("w+")
        words = ["tcpdump", "-i", BRIDGE, "-U", "-s", "0", "-B", "65536", "-w", str(path), "-Z", "root"]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + START_S
        while not path.exists() or path.stat().st_size < 24:
            if time.monotonic() > deadline:
                raise RangeError("tcpdump does not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the recording; a dropped packet makes it worthless, so that is an error."""
        time.sleep(1)
        self._process.terminate()
        self._process.wait(timeout=10)
        self._log.seek(0)
        told = self._log.read()
        if "0 packets dropped by kernel" not in told:
            raise RangeError(f"the recorder lost packets: {told[-300:]}")
