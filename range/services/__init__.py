"""The daemons of the hospital: what each host of the topology runs, by the names that the topology file uses."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from lan import RangeError
from state import Hospital
from topology import Host, Topology

from services import clinical, database, dicom, directory, files, leases, logins, management, names, web, windows

Start = Callable[[Hospital, Host], None]
SERVICES: dict[str, Start] = {
    "names": names.answer,
    "time": names.tell_time,
    "orthanc": dicom.orthanc,
    "dicom-archive": dicom.archive,
    "worklist": dicom.worklist,
    "viewer": dicom.viewer,
    "shares": files.shares,
    "copies": files.copies,
    "database": database.postgresql,
    "domain": directory.domain,
    "second-controller": directory.second_controller,
    "portal": web.portal,
    "pump-web": web.pump_server,
    "web": web.outside,
    "tunnel-server": names.tunnel_server,
    "remote-calls": windows.remote_calls,
    "desktop": windows.desktop,
    "device-page": web.device_page,
    "service-page": web.service_page,
    "names-outside": names.answer_outside,
    "ftp": logins.ftp,
    "ssh": logins.ssh,
    "snmp": management.snmp,
    "syslog": management.syslog,
    **clinical.SERVICES,
}
FIRST, LAST = ("names",), ("second-controller",)
"""What others wait for as they start, and what waits for all others."""
AT_ONCE = 6


def check(topology: Topology) -> None:
    """Whether the services are some, before anything is started.

    Raises:
        RangeError: one is none.
    """
    for number, one in enumerate(topology.hosts, 1):
        if strange := [service for service in one.services if service not in SERVICES]:
            raise RangeError(f"[[hosts]] {number} ({one.name}): services: {strange[0]} is none of {', '.join(sorted(SERVICES))}")


def start(hospital: Hospital, say: Callable[[str], None]) -> None:
    """Start every daemon of every host, then let the hosts that ask for their address have it.

    Raises:
        RangeError: a daemon does not come to listen; the text has the end of its log.
    """
    wanted = [(service, one) for one in hospital.topology.hosts for service in one.services]
    for service, one in wanted:
        if service in FIRST:
            SERVICES[service](hospital, one)
    leases.all_hosts(hospital)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(_rest, hospital, one, say) for one in hospital.topology.hosts if one.services]
        for job in jobs:
            job.result()
    for service, one in wanted:
        if service in LAST:
            _begin(service, hospital, one, say)


def _rest(hospital: Hospital, one: Host, say: Callable[[str], None]) -> None:
    """A host's daemons one after the other, so that one whose port is taken is known."""
    for service in one.services:
        if service not in FIRST + LAST:
            _begin(service, hospital, one, say)


def _begin(service: str, hospital: Hospital, one: Host, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    SERVICES[service](hospital, one)
    if (took := time.monotonic() - began) > 2:
        say(f"{one.name}: {service} after {took:.0f} s")


PACKAGES = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
    "pgrep": "procps",
    "sysctl": "procps",
    "ip": "iproute2",
    "ss": "iproute2",
    "nft": "nftables",
    "ethtool": "ethtool",
    "tcpdump": "tcpdump",
    "openssl": "openssl",
    **names.PACKAGES,
    **files.COPIES_PACKAGES,
    **database.PACKAGES,
    **leases.PACKAGES,
    **dicom.PACKAGES,
    **web.PACKAGES,
    **logins.PACKAGES,
    **management.PACKAGES,
    **windows.PACKAGES,
}
HEAVY_PACKAGES = {**files.PACKAGES, **directory.PACKAGES}
