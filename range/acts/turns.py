"""What changes in a hospital in the course of time: programs, certificates, addresses, systems that stand in for others."""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certificates
from act import Doing
from clients import control
from lan import SCRATCH, RangeError
from services import leases, names
from services.clinical import control as socket_of
from services.web import OLD_OPENSSL
from space import call
from state import Hospital

from acts.records import BROWSER

OLD_TLS = "TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0"
NEW_TLS = "TLSv1.2"


def nothing(hospital: Hospital, moment: datetime) -> None:
    """A note of the day: no packet of it is seen."""


def deliver(name: str, number: int) -> Doing:
    """The interface engine delivers to an address of a destination: 0 for the first, which is the one of every day."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        control.tell(socket_of(hospital, hospital.host("engine"), "interface_engine"), f"deliver {name} {number}")

    return doing


def upgrade(name: str, version: str = "") -> Doing:
    """The modality's program gets another Implementation Version Name (DICOM PS3.7 D.3.3.2.4), or without a text, the first again."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        (hospital.folder(name) / "version").write_text(version)

    return doing


def speak(name: str, protocols: str) -> Doing:
    """The web server of a device goes on with these versions of TLS."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        conf = hospital.folder(name) / "nginx-443" / "nginx.conf"
        text = re.sub(r"ssl_protocols [^;]*;( ssl_ciphers [^;]*;)?", f"ssl_protocols {protocols};", conf.read_text())
        conf.write_text(text)
        _reload(hospital, name)

    return doing


def _reload(hospital: Hospital, name: str) -> None:
    conf = hospital.folder(name) / "nginx-443" / "nginx.conf"
    call(["nginx", "-c", conf, "-e", f"{conf.parent}/error.log", "-s", "reload"])
    time.sleep(0.3)


def old_page(name: str) -> Doing:
    """A device's page by a client that still speaks what is old."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["curl", "-sk", "--tlsv1.0", "--tls-max", "1.1", "-o", "/dev/null", "-m", "20", f"https://{hospital.address(name)}/"]
        call(words, env={"OPENSSL_CONF": str(OLD_OPENSSL)})

    return doing


def renew_certificate(name: str) -> Doing:
    """A new key and certificate by the same authority, before the old one ends."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        certificates.renew(name, f"{name}.{hospital.topology.domain}", min(moment, datetime.now(UTC)) - timedelta(days=2))
        _reload(hospital, name)

    return doing


def portal_by_12(hospital: Hospital, moment: datetime) -> None:
    """The portal by a client that knows TLS 1.2 and no later: the certificate is seen."""
    words = ["curl", "-sf", "-A", BROWSER, "--tls-max", "1.2", "-o", "/dev/null", "--cacert", SCRATCH / "ca.crt"]
    call([*words, f"https://ehr.{hospital.topology.domain}/"])


def move(name: str, address: str) -> Doing:
    """The name server has another address for a host from now on; it asks anew, is given this one, and leaves the one that it had.

    Raises:
        RangeError: it is given none or another.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        _reserve(hospital, name, address)
        one = hospital.host(name)
        zone = hospital.topology.zone_of[name]
        (hospital.folder(name) / "dhclient.leases").unlink(missing_ok=True)
        call(["ip", "addr", "flush", "dev", "eth0"])
        leases.lease(hospital, replace(one, address=address))
        if f"{address}/{zone.net.prefixlen}" not in call(["ip", "-4", "addr", "show", "dev", "eth0"]):
            raise RangeError(f"{name} has not got {address}")

    return doing


def _reserve(hospital: Hospital, name: str, address: str) -> None:
    """dnsmasq(8): SIGHUP reads --dhcp-hostsfile again."""
    names.reservations(hospital, {name: address})
    for pid in call(["ip", "netns", "pids", hospital.topology.nameserver]).split():
        told = Path(f"/proc/{pid}/comm")
        if told.exists() and told.read_text().strip() == "dnsmasq":
            os.kill(int(pid), signal.SIGHUP)
    time.sleep(0.3)
