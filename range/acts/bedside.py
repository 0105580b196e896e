"""Intensive care: devices report to the central station, and an old one is asked for its values."""

from __future__ import annotations

from datetime import datetime

from act import Doing
from clients import control, fragile
from services.clinical import FRAGILE_PORT, SDC_DEVICES
from services.clinical import control as socket_of
from state import Hospital
from topology import Host


def devices(hospital: Hospital) -> list[Host]:
    """What the central station listens to."""
    return [one for one in hospital.topology.hosts if set(one.services) & set(SDC_DEVICES)]


def subscribe(name: str) -> Doing:
    """The central station reads its devices and subscribes to them (IEEE 11073-20701); once it has, it renews."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        control.tell(socket_of(hospital, hospital.host(name), "sdc_consumer"), f"discover {len(devices(hospital))} 20")

    return doing


def renew(name: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        control.tell(socket_of(hospital, hospital.host(name), "sdc_consumer"), "renew")

    return doing


def report(name: str, count: int = 2) -> Doing:
    """A device reports its values, and its curve where it has one."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        control.tell(socket_of(hospital, hospital.host(name), "sdc_device"), f"report {count} {moment.isoformat()}")

    return doing


def ask_old_monitor(name: str) -> Doing:
    """The one well-formed poll that it bears."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        fragile.poll(hospital.address(name), FRAGILE_PORT, moment)

    return doing
