"""A monitor, infusion pump or ventilator that speaks SDC: announces itself, is found, read and subscribed to, reports when it is told.

    python range/daemons/sdc_device.py --type monitor --address 10.1.4.21 --port 6464 --control SOCKET --status FILE \
        --maker "ZZ Example Medical" --model "ZZ View 5" --firmware 4.2.1 --serial ZV5-008817 --bed ICU1/Bed7

ISO/IEEE 11073-20701 by sdc11073, in clear unless it has `--cert`, `--key` and `--ca`. Control lines: `report N [TIME]` (metrics and, where
it has one, its curve), `wave N [TIME]`, `alarm on|off [TIME]`, `patient NUMBER FAMILY GIVEN [TIME]`, `hello`, `bye`, `status`. TIME is the
hospital's, ISO 8601. Every line is answered once subscribers have what it caused.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from control import listen
from links.sdc import endpoint
from sdc11073.certloader import SSLContextContainer
from sdc11073.httpserver.httpserverimpl import HttpServerThreadBase, _ThreadingHTTPServer
from sdc11073.location import SdcLocation
from sdc11073.loghelper import get_logger_adapter
from sdc11073.mdib import ProviderMdib
from sdc11073.provider import SdcProvider
from sdc11073.provider.providerimpl import provider_components_sync_factory
from sdc11073.wsdiscovery import WSDiscovery
from sdc11073.xml_types.dpws_types import ThisDeviceType, ThisModelType
from sdc11073.xml_types.pm_types import AlertSignalPresence, InstanceIdentifier
from sdc_models import SAMPLES, TYPES, Metric, calm_server, contexts, tls_options, tree
from status import Status

REPORTS = 100_000  # of one line
SUBSCRIBED_S = 7 * 86_400  # a range lives for days of the machine's clock
PEER_S = 5  # after which a subscriber that does not take a report is given up


class Door(HttpServerThreadBase):  # type: ignore[misc]  # of a library without types
    """The library's HTTP server on a port that does not change with every start."""

    def __init__(self, address: str, port: int, tls: SSLContextContainer | None) -> None:
        super().__init__(address, None, [], get_logger_adapter("sdc.device.httpsrv"))
        self._port, self._tls = port, tls

    def run(self) -> None:
        self.httpd = _ThreadingHTTPServer(self.logger, (self._my_ipaddress, self._port), self.chunk_size, self.supported_encodings)
        if self._tls:  # each caller's handshake in its own thread: one that says nothing must not keep the others waiting
            context = self._tls.server_context
            self.httpd.socket = context.wrap_socket(self.httpd.socket, server_side=True, do_handshake_on_connect=False)
        self.base_url = f"{'https' if self._tls else 'http'}://{self._my_ipaddress}:{self.server_port}/"
        self.started_evt.set()
        self.httpd.serve_forever()


class Device:
    """The device and what may be asked of it."""

    def __init__(self, asked: argparse.Namespace, status: Status) -> None:
        self.kind, self.status = TYPES[asked.type], status
        self.dice = random.Random(asked.serial)
        self.lock = threading.Lock()
        self.phase = 0
        self.discovery = WSDiscovery(asked.address)
        self.discovery.start()
        self.mdib = ProviderMdib.from_string(tree(self.kind, asked.maker, asked.model, asked.serial))
        model = ThisModelType(asked.maker, "http://zz.test", asked.model, asked.model, "http://zz.test/device", "http://zz.test/device")
        named = ThisDeviceType(f"{asked.model} {asked.bed}", asked.firmware, asked.serial)
        self.provider = SdcProvider(
            self.discovery,
            model,
            named,
            self.mdib,
            epr=endpoint(asked.serial),
            validate=False,
            ssl_context_container=contexts(asked),
            max_subscription_duration=SUBSCRIBED_S,
            socket_timeout=PEER_S,
            components=provider_components_sync_factory(),
        )
        door = Door(asked.address, asked.port, contexts(asked))
        door.start()
        if not door.started_evt.wait(timeout=10):
            sys.exit(f"sdc_device: {asked.address}:{asked.port} cannot be listened on")
        self.provider.start_all(start_rtsample_loop=False, shared_http_server=door)
        point, _, bed = asked.bed.partition("/")
        self.provider.set_location(
            SdcLocation(fac="MAIN", poc=point, bed=bed), [InstanceIdentifier("Validator", extension_string="System")]
        )

    def obey(self, words: list[str]) -> str:
        acts: dict[str, Callable[..., None]] = {
            "report": self.report,
            "wave": self.wave,
            "alarm": self.alarm,
            "patient": self.patient,
            "hello": self.hello,
            "bye": self.bye,
        }
        if words == ["status"]:
            return self.status.text()
        with self.lock:
            acts[words[0]](*words[1:])
        return "ok"

    def report(self, number: str, at: str = "") -> None:
        for _ in range(min(int(number), REPORTS)):
            self._metrics(at)
            if self.kind.wave:
                self._samples(self.kind.wave, at)

    def wave(self, number: str, at: str = "") -> None:
        for _ in range(min(int(number), REPORTS)):
            if self.kind.wave:
                self._samples(self.kind.wave, at)

    def _metrics(self, at: str) -> None:
        """An EpisodicMetricReport with a new value of every metric."""
        with self.mdib.metric_state_transaction(set_determination_time=not at) as change:
            for one in self.kind.metrics:
                value = _value(change.get_state(one.handle))
                value.Value = Decimal(round(self.dice.uniform(one.least, one.most)))
                if at:
                    value.DeterminationTime = datetime.fromisoformat(at).timestamp()
        self.status.count("metric_reports")

    def _samples(self, one: Metric, at: str) -> None:
        """A WaveformStream with a second of the curve."""
        middle, half = (one.least + one.most) / 2, (one.most - one.least) / 2
        with self.mdib.rt_sample_state_transaction(set_determination_time=not at) as change:
            value = _value(change.get_state(one.handle))
            value.Samples = [Decimal(f"{middle + half * math.sin((self.phase + n) / 20):.2f}") for n in range(SAMPLES)]
            if at:
                value.DeterminationTime = datetime.fromisoformat(at).timestamp()
        self.phase += SAMPLES
        self.status.count("waveform_reports")

    def alarm(self, on: str = "on", at: str = "") -> None:
        """An EpisodicAlertReport: the condition is present or gone, its signal sounds or not."""
        present = on == "on"
        with self.mdib.alert_state_transaction(set_determination_time=not at) as change:
            condition, sound = change.get_state("ac0"), change.get_state("sig0")
            condition.Presence = present
            sound.Presence = AlertSignalPresence.ON if present else AlertSignalPresence.OFF
            if at:
                condition.DeterminationTime = datetime.fromisoformat(at).timestamp()
        self.status.count("alarms")

    def patient(self, number: str, family: str, given: str, at: str = "") -> None:
        """Another patient lies here: an EpisodicContextReport. All are invented."""
        with self.mdib.context_state_transaction() as change:
            left = [change.get_context_state(handle) for handle in change.disassociate_all("pc0")]
            state = change.mk_context_state("pc0", set_associated=True)
            state.CoreData.Givenname, state.CoreData.Familyname = given, family
            state.Identification = [InstanceIdentifier("http://main.test/mrn", extension_string=number)]
            if at:
                state.BindingStartTime = datetime.fromisoformat(at).timestamp()
                for one in left:
                    one.BindingEndTime = state.BindingStartTime
        self.status.count("patients")

    def hello(self) -> None:
        self.provider.publish()
        self.status.count("hellos")

    def bye(self) -> None:
        self.discovery.clear_service(self.provider.epr_urn)


def _value(state: Any) -> Any:
    if state.MetricValue is None:
        state.mk_metric_value()
    return state.MetricValue


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--type", choices=sorted(TYPES), required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=6464)
    parser.add_argument("--maker", default="ZZ Example Medical")
    parser.add_argument("--model", default="ZZ View 5")
    parser.add_argument("--firmware", default="4.2.1")
    parser.add_argument("--serial", required=True)
    parser.add_argument("--bed", default="ICU1/Bed1", help="POINT OF CARE/BED")
    tls_options(parser)
    parser.add_argument("--status", type=Path)
    parser.add_argument("--control", type=Path)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    calm_server()
    device = Device(asked, Status(asked.status, metric_reports=0, waveform_reports=0))
    if asked.control:
        listen(asked.control, device.obey)
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    print(f"listening {device.provider.get_xaddrs()[0]}", flush=True)
    done.wait()
    device.discovery.stop()


if __name__ == "__main__":
    main()
