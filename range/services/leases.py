"""Hosts that ask for their address, by a real client (RFC 2131), and ask again in the course of the day."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from lan import SCRATCH, RangeError, command
from state import Hospital
from topology import Host

from network import batch

PACKAGES = {"dhclient": "isc-dhcp-client"}
_ASKED = "subnet-mask, routers, domain-name, domain-name-servers"
_WINDOWS = ", netbios-name-servers, netbios-node-type, vendor-encapsulated-options"
AT_ONCE = 4
SCRIPT = SCRATCH / "lease.sh"
"""What dhclient calls with an answer: it only writes it down, `lease` sets the address."""


def all_hosts(hospital: Hospital) -> None:
    SCRIPT.write_text('#!/bin/sh\ncase "$reason" in BOUND|RENEW|REBOOT) echo "$new_ip_address $new_routers" > "$LEASE_FILE" ;; esac\n')
    SCRIPT.chmod(0o755)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: lease(hospital, one), [one for one in hospital.topology.hosts if one.dhcp]))


def lease(hospital: Hospital, one: Host) -> None:
    """Get the host's address and route from the hospital's DHCP server.

    Raises:
        RangeError: no answer, or another address than its reservation.
    """
    folder = hospital.folder(one.name)
    conf, answer = folder / "dhclient.conf", folder / "lease"
    asked = _ASKED + (_WINDOWS if one.dhcp.startswith("MSFT") else ", ntp-servers")
    conf.write_text(f'send host-name "{one.name.upper()}";\nsend vendor-class-identifier "{one.dhcp}";\nrequest {asked};\ntimeout 20;\n')
    _ask(hospital, one)
    address, gateway = answer.read_text().split() if answer.exists() else ("", "")
    if address != one.address:
        raise RangeError(f"{one.name}: no lease of {one.address}" + (f", but {address}" if address else ""))
    prefix = hospital.topology.zone_of[one.name].net.prefixlen
    routes = [f"route replace default via {gateway}", "route replace 224.0.0.0/4 dev eth0"]
    batch(one.name, [f"addr replace {address}/{prefix} dev eth0", *routes])


def _ask(hospital: Hospital, one: Host) -> None:
    """Let dhclient ask until it has written an answer down, and end it: it would ask again by the wall's clock."""
    folder, answer = hospital.folder(one.name), hospital.folder(one.name) / "lease"
    answer.unlink(missing_ok=True)
    files = ["-cf", folder / "dhclient.conf", "-sf", SCRIPT, "-lf", folder / "dhclient.leases", "-pf", folder / "dhclient.pid"]
    words = command(one.name, ["dhclient", "-1", "-d", *files, "-e", f"LEASE_FILE={answer}", "eth0"])
    with (folder / "dhclient.log").open("w") as log:
        asking = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while asking.poll() is None and not (answer.exists() and answer.read_text().endswith("\n")):
            time.sleep(0.02)
        asking.kill()
        asking.wait()


def again(hospital: Hospital, one: Host) -> None:
    """The host starts anew and asks for the address that it had."""
    _ask(hospital, one)
