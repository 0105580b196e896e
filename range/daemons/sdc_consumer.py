"""A central station that speaks SDC: finds devices, reads and subscribes to them, counts the reports and waves that arrive.

    python range/daemons/sdc_consumer.py --address 10.1.4.9 --control SOCKET --status FILE [--device 10.1.5.21:6464,ZV5-008817]

ISO/IEEE 11073-20702 (discovery), -20701 by sdc11073, in clear unless it has `--cert`, `--key`
and `--ca`. Multicast ends at a router, so a device of another zone is told by address
and serial number, or by its whole address as it stands in its Hello. Control lines: `discover N [SECONDS]` (until N are known),
`subscribe ADDRESS:PORT,SERIAL|URL`, `renew`, `read` (GetMdib of each), `drop`, `status`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from control import listen
from links.sdc import endpoint
from sdc11073 import observableproperties
from sdc11073.certloader import SSLContextContainer
from sdc11073.consumer import consumerimpl
from sdc11073.definitions_sdc import SdcV1Definitions
from sdc11073.wsdiscovery import WSDiscovery
from sdc_models import calm_server, contexts, tls_options
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


class Consumer(consumerimpl.SdcConsumer):  # type: ignore[misc]  # of a library without types
    """One device's subscriber, subscribed for a day."""

    def do_subscribe(self, *words: Any, **more: Any) -> Any:
        return super().do_subscribe(*words, **{"expire_seconds": SUBSCRIBED_S, **more})


class Station:
    """The devices that are watched."""

    def __init__(self, address: str, tls: SSLContextContainer | None, status: Status) -> None:
        self.status, self.tls = status, tls
        self.told: list[str] = []
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
        acts: dict[str, Callable[..., object]] = {
            "discover": self.discover,
            "subscribe": self.subscribe,
            "renew": self.renew,
            "read": self.read,
            "drop": self.drop,
        }
        if words == ["status"]:
            return self.status.text()
        with self.lock:
            return str(acts[words[0]](*words[1:]))

    def discover(self, number: str = "1", seconds: str = "5") -> int:
        """Subscribe to every device that was told of, probe until so many are known or the time is over, subscribe to those too.

        Gives how many are watched. One that is off is tried again the next time.
        """
        types, end = SdcV1Definitions.MedicalDeviceTypesFilter, time.monotonic() + float(seconds)
        self.discovery._send_probe(types, None)
        for url in self.told:
            self._try(url)
        with self.known:
            while len(self.devices.keys() | self._found()) < int(number) and (left := end - time.monotonic()) > 0:
                self.known.wait(left)
        for url in self._found():
            self._try(url)
        return len(self.devices)

    def _found(self) -> set[str]:
        found = self.discovery.get_found_remote_services(types=SdcV1Definitions.MedicalDeviceTypesFilter)
        return {one.x_addrs[0] for one in found if one.x_addrs}

    def tell_of(self, where: str) -> str:
        """The address of a device of another zone, from address, port and serial number."""
        place, _, serial = where.partition(",")
        scheme = "https" if self.tls else "http"
        url = where if where.startswith("http") else f"{scheme}://{place}/{endpoint(serial).hex}"
        if url not in self.told and len(self.told) < DEVICES:
            self.told.append(url)
        return url

    def subscribe(self, where: str) -> str:
        self._watch(self.tell_of(where))
        return "ok"

    def _try(self, url: str) -> None:
        try:
            self._watch(url)
        except Exception:  # noqa: BLE001  a device that is off is no reason to leave the others
            self.status.count("not_reached")

    def _watch(self, url: str) -> None:
        """Ask the device itself (a directed probe, DPWS 1.1 2.2), read its metadata and data, subscribe to all that it reports."""
        if url in self.devices or len(self.devices) >= DEVICES:
            return
        one = Consumer(url, SdcV1Definitions, self.tls, validate=False, force_ssl_connect=bool(self.tls))
        try:
            one.start_all(fixed_renew_interval=NEVER_S)
            one.send_probe()
            one.get_service_client.get_mdib()
        except Exception:
            one.stop_all(unsubscribe=False)
            raise
        for source, name in COUNTED.items():
            observableproperties.strongbind(one, **{source: lambda _, name=name: self._arrived(name, url)})
        self.devices[url] = one
        self.status.set(devices=len(self.devices))

    def _arrived(self, name: str, url: str) -> None:
        self.status.count(name)
        self.status.count("by_device", url, name)

    def renew(self) -> int:
        """Renew every subscription (WS-Eventing 3.2); a device that forgot one, or was switched off, is subscribed to anew.

        Gives how many hold.
        """
        held = 0
        for url, one in list(self.devices.items()):
            renewed = [subscription.renew(SUBSCRIBED_S) > 0 for subscription in list(one.subscription_mgr.subscriptions.values())]
            if not all(renewed):
                one.stop_all(unsubscribe=False)
                del self.devices[url]
                self._try(url)
                renewed = [True] * len(self.devices[url].subscription_mgr.subscriptions) if url in self.devices else []
            held += len(renewed)
        self.status.set(subscriptions=held, devices=len(self.devices))
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
    tls_options(parser)
    parser.add_argument("--status", type=Path)
    parser.add_argument("--control", type=Path)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    calm_server()
    consumerimpl.HostedServiceDescription._read_wsdl = lambda *_: None  # four times the same 9 kB that say nothing of a device
    station = Station(asked.address, contexts(asked), Status(asked.status, devices=0, waveforms=0, metrics=0, alarms=0))
    for where in asked.device:
        station._try(station.tell_of(where))
    if asked.control:
        listen(asked.control, station.obey)
    print("listening 1", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
