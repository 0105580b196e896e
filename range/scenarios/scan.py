"""Somebody looks for what there is (ATT&CK T1046, T0846): nmap over a zone at once, or a port now and then."""

from __future__ import annotations

from datetime import datetime

from act import Doing
from scenario import Scenario, Script
from space import call
from state import Hospital

TARGET_ZONE = "servers"
PORTS = "21,22,23,80,104,443,445,2575,3389,8042,8080,11112"
LOUD_LAST = 60
SLOW_HOSTS, SLOW_S = 30, 300


def nmap(*words: str) -> Doing:
    """A bounded scan: no version probes, no scripts, one try."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["nmap", "-n", "-Pn", "--max-retries", "0", "--host-timeout", "20s", "-oN", "/dev/null", *words])

    return doing


def scan_servers(script: Script, host: str) -> None:
    zone = next(zone for zone in script.hospital.topology.zones if zone.name == TARGET_ZONE)
    peers = [one.name for one in script.hospital.topology.hosts if one.zone == TARGET_ZONE]
    doing = nmap("-sS", "-T5", "-p", PORTS, f"{zone.net[1]}-{LOUD_LAST}")
    script.act(host, "scan of a zone", doing, *peers, technique=SCENARIO.technique)


def loud(script: Script) -> None:
    scan_servers(script, "adm-pc2")


def slow(script: Script) -> None:
    """One host and port in five minutes: below what counts by the minute."""
    zone = next(zone for zone in script.hospital.topology.zones if zone.name == TARGET_ZONE)
    for number in range(SLOW_HOSTS):
        address = str(zone.net[10 + number])
        peers = [one.name for one in script.hospital.topology.hosts if one.address == address]
        script.act("adm-pc2", "one port tried", nmap("-sT", "-p", "445", address), *peers)
        script.wait(SLOW_S)


SCENARIO = Scenario(
    name="scan",
    title="A workplace scans the servers",
    technique=("T1046", "T0846"),
    variants={"loud": loud, "slow": slow},
    row="scan",
)
