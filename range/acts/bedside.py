"""Intensive care: devices report to the central station, and an old one is asked for its values."""

from __future__ import annotations

import json
import time
from datetime import datetime

from act import Doing
from clients import control, fragile
from lan import RangeError
from services.clinical import FRAGILE_PORT, SDC_DEVICES
from services.clinical import control as socket_of
from state import Hospital
from topology import Host

ARRIVES_S = 3.0


def devices(hospital: Hospital) -> list[Host]:
    """What the central station listens to."""
    return [one for one in hospital.topology.hosts if set(one.services) & set(SDC_DEVICES)]


def subscribe(name: str) -> Doing:
    """The central station is switched on: it reads its devices and subscribes to them (IEEE 11073-20701)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        station = socket_of(hospital, hospital.host(name), "sdc_consumer")
        control.tell(station, "drop")
        control.tell(station, f"discover {len(devices(hospital))} 20")

    return doing


def watched(hospital: Hospital, name: str) -> bool:
    """Whether the central station has subscribed to every device."""
    told = json.loads(control.tell(socket_of(hospital, hospital.host(name), "sdc_consumer"), "status"))
    return bool(told.get("devices", 0) == len(devices(hospital)))


def renew(name: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        control.tell(socket_of(hospital, hospital.host(name), "sdc_consumer"), "renew")

    return doing


def report(name: str, count: int = 2) -> Doing:
    """A device reports its values, and its curve where it has one; the central station must have them.

    Raises:
        RangeError: they did not arrive: nobody watches this patient.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = hospital.host(name)
        before = _arrived(hospital, one)
        control.tell(socket_of(hospital, one, "sdc_device"), f"report {count} {moment.isoformat()}")
        deadline = time.monotonic() + ARRIVES_S
        while (arrived := _arrived(hospital, one) - before) < count:
            if time.monotonic() > deadline:
                raise RangeError(f"{arrived} of {count} reports of {name} arrived at the central station")
            time.sleep(0.01)

    return doing


def _arrived(hospital: Hospital, one: Host) -> int:
    """How many reports of a device the central stations have."""
    count = 0
    for station in hospital.topology.having("sdc-display"):
        told = json.loads(control.tell(socket_of(hospital, station, "sdc_consumer"), "status"))
        count += sum(counts["metrics"] for url, counts in told.get("by_device", {}).items() if f"//{one.address}:" in url)
    return count


def ask_old_monitor(name: str) -> Doing:
    """The one well-formed poll that it bears."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        fragile.poll(hospital.address(name), FRAGILE_PORT, moment)

    return doing
