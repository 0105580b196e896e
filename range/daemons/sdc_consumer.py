"""A central station that speaks SDC: finds devices, reads and subscribes to them, counts the reports and waves that arrive.

    python range/daemons/sdc_consumer.py --address 10.1.4.9 --control SOCKET --status FILE [--device 10.1.5.21:6464,ZV5-008817]

ISO/IEEE 11073-20702 (discovery), -20701 by sdc11073, in clear. Multicast ends at a router, so a device of another zone is told by address
and serial number, or by its whole address as it stands in its Hello. Control lines: `discover N [SECONDS]` (until N are known),
`subscribe ADDRESS:PORT,SERIAL|URL`, `renew`, `read` (GetMdib of each), `drop`, `status`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from control import listen
from sdc11073 import observableproperties
from sdc11073.consumer import consumerimpl
from sdc11073.definitions_sdc import SdcV1Definitions
from sdc11073.wsdiscovery import WSDiscovery
from sdc_models import calm_server, endpoint
from status import Status

DEVICES = 256
SUBSCRIBED_S = 86_400
NEVER_S = 10**9  # renewals come from the control line, not from the machine's clock
COUNTED = {
    "waveform_report": "waveforms",
    "episodic_metric_report": "metrics",
    "episodic_alert_report": "alarms",
    "episodic_context_report": "contexts",
}


class Consumer(consumerimpl.SdcConsumer):
    """One device's subscriber, subscribed for a day."""

    def do_subscribe(self, *words: Any, **more: Any) -> Any:
        return super().do_subscribe(*words, **{"expire_seconds": SUBSCRIBED_S, **more})


class Station:
    """The devices that are watched."""

    def __init__(self, address: str, status: Status) -> None:
        self.status = status
        self.devices: dict[str, Consumer] = {}
        self.known = threading.Condition()
        self.lock = threading.Lock()
        self.discovery = WSDiscovery(address)
        self.discovery.set_on_probe_matches_callback(self._heard)
        self.discovery.start()

    def _heard(self, _services: Sequence[Any]) -> None:
        with self.known:
            self.known.notify_all()

    def obey(self, words: list[str]) -> str:
        acts = {"discover": self.discover, "subscribe": self.subscribe, "renew": self.renew, "read": self.read, "drop": self.drop}
        if words == ["status"]:
            return self.status.text()
        with self.lock:
            return str(acts[words[0]](*words[1:]))

    def discover(self, number: str = "1", seconds: str = "5") -> int:
        """Probe until so many devices are known or the time is over, subscribe to each; gives how many are watched."""
        types, end = SdcV1Definitions.MedicalDeviceTypesFilter, time.monotonic() + float(seconds)
        self.discovery._send_probe(types, None)
        with self.known:
            while len(self._found()) < int(number) and (left := end - time.monotonic()) > 0:
                self.known.wait(left)
        for one in self._found():
            self._watch(one.x_addrs[0])
        return len(self.devices)

    def _found(self) -> list[Any]:
        found = self.discovery.get_found_remote_services(types=SdcV1Definitions.MedicalDeviceTypesFilter)
        return [one for one in found if one.x_addrs]

    def subscribe(self, where: str) -> str:
        place, _, serial = where.partition(",")
        self._watch(where if where.startswith("http") else f"http://{place}/{endpoint(serial).hex}")
        return "ok"

    def _watch(self, url: str) -> None:
        """Ask the device itself (a directed probe, DPWS 1.1 2.2), read its metadata and data, subscribe to all that it reports."""
        if url in self.devices or len(self.devices) >= DEVICES:
            return
        one = Consumer(url, SdcV1Definitions, ssl_context_container=None, validate=False)
        one.start_all(fixed_renew_interval=NEVER_S)
        one.send_probe()
        one.get_service_client.get_mdib()
        for source, name in COUNTED.items():
            observableproperties.strongbind(one, **{source: lambda _, name=name: self._arrived(name, url)})
        self.devices[url] = one
        self.status.set(devices=len(self.devices))

    def _arrived(self, name: str, url: str) -> None:
        self.status.count(name)
        self.status.count("by_device", url, name)

    def renew(self) -> int:
        """Renew every subscription (WS-Eventing 3.2); gives how many hold."""
        held = 0
        for one in self.devices.values():
            for subscription in list(one.subscription_mgr.subscriptions.values()):
                held += subscription.renew(SUBSCRIBED_S) > 0
        self.status.set(subscriptions=held)
        return held

    def read(self) -> str:
        for one in self.devices.values():
            one.get_service_client.get_mdib()
        return "ok"

    def drop(self) -> str:
        for one in self.devices.values():
            one.stop_all()
        self.devices.clear()
        self.status.set(devices=0)
        return "ok"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--device", action="append", default=[], metavar="ADDRESS:PORT,SERIAL")
    parser.add_argument("--status", type=Path)
    parser.add_argument("--control", type=Path)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    calm_server()
    consumerimpl.HostedServiceDescription._read_wsdl = lambda *_: None  # four times the same 9 kB that say nothing of a device
    station = Station(asked.address, Status(asked.status, devices=0, waveforms=0, metrics=0, alarms=0))
    for where in asked.device:
        try:
            station.subscribe(where)
        except Exception as error:  # noqa: BLE001  a device that is off is no reason for a station to end
            print(f"not subscribed: {where}: {error}", file=sys.stderr, flush=True)
    if asked.control:
        listen(asked.control, station.obey)
    print("listening 1", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
