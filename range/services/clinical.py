"""Daemons of care that the range brings itself, each a program of `daemons/`: HL7, FHIR, SDC, laboratory links, an old bedside device."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path

from lan import SCRATCH, start
from state import PATIENTS, Hospital
from topology import Host

DAEMONS = Path(__file__).parents[1] / "daemons"
HL7_PORT, ENGINE_PORTS, FHIR_PORT = 2575, (2575, 6661), 8080
SDC_PORT, ASTM_PORT, POCT1_PORT, FRAGILE_PORT = 6464, 4000, 4100, 7100
ROUTES = ("ADT=ehr,ris,lis", "ORM^O01=ris,lis", "ORU^R01=ehr", "RDE^O11=ehr", "*=ehr")


def _run(hospital: Hospital, one: Host, program: str, words: list[str], ports: list[int], udp: bool = False) -> None:
    status = ["--status", str(hospital.status_file(one.name, program))]
    start(one.name, [sys.executable, str(DAEMONS / f"{program}.py"), *words, *status], ports=ports, udp=udp)


def control(hospital: Hospital, one: Host, program: str) -> Path:
    """The socket by which a daemon is told what to do."""
    return hospital.folder(one.name) / f"{program}.control"


def interface_engine(hospital: Hospital, one: Host) -> None:
    """Receivers of one name (MSH-5, -6) are one system: the first, and who stands in for it."""
    listens = [word for port in ENGINE_PORTS for word in ("--listen", f"{one.address}:{port}")]
    ends = hospital.topology.having("hl7-receiver")
    systems = {host.hl7 or host.name: [other for other in ends if other is host or (host.hl7 and other.hl7 == host.hl7)] for host in ends}
    places = {one[0].name: ",".join(f"{host.address}:{HL7_PORT}" for host in one) for one in systems.values()}
    known = [f"{one[0].name}={places[one[0].name]}" + (f"@{one[0].hl7}" if one[0].hl7 else "") for one in systems.values()]
    words = [*listens, *(word for end in known for word in ("--destination", end)), *(word for to in ROUTES for word in ("--route", to))]
    _run(hospital, one, "interface_engine", [*words, "--control", str(control(hospital, one, "interface_engine"))], list(ENGINE_PORTS))


def hl7_receiver(hospital: Hospital, one: Host) -> None:
    _run(hospital, one, "hl7_receiver", ["--listen", f"{one.address}:{HL7_PORT}"], [HL7_PORT])


def fhir(hospital: Hospital, one: Host) -> None:
    day = datetime.combine(hospital.topology.date, time(), UTC).isoformat()
    words = ["--listen", f"{one.address}:{FHIR_PORT}", "--seed", str(hospital.seed), "--patients", str(PATIENTS), "--day", day]
    _run(hospital, one, "fhir_server", words, [FHIR_PORT])


def sdc_device(type_: str) -> Callable[[Hospital, Host], None]:
    """A monitor, pump or ventilator at a bed of its own (ISO/IEEE 11073 SDC)."""

    def start_it(hospital: Hospital, one: Host) -> None:
        words = ["--type", type_, "--address", one.address, "--port", str(SDC_PORT), "--maker", one.maker, "--model", one.model]
        words += ["--firmware", one.software, "--serial", one.serial, "--bed", f"ICU1/Bed{one.address[-1]}"]
        _run(hospital, one, "sdc_device", [*words, "--control", str(control(hospital, one, "sdc_device"))], [SDC_PORT])

    return start_it


def sdc_display(hospital: Hospital, one: Host) -> None:
    """The central station: told where its devices are, it subscribes to them when the day begins."""
    devices = [f"{host.address}:{SDC_PORT},{host.serial}" for host in hospital.topology.hosts if set(host.services) & set(SDC_DEVICES)]
    words = ["--address", one.address, *(word for device in devices for word in ("--device", device))]
    _run(hospital, one, "sdc_consumer", [*words, "--control", str(control(hospital, one, "sdc_consumer"))], [])


def lis(hospital: Hospital, one: Host) -> None:
    """The laboratory system's side of the analysers' links (CLSI LIS02-A2, POCT1-A2)."""
    words = ["--astm", f"{one.address}:{ASTM_PORT}", "--poct1", f"{one.address}:{POCT1_PORT}"]
    words += ["--seed", str(hospital.seed), "--patients", str(PATIENTS)]
    _run(hospital, one, "lis_listener", words, [ASTM_PORT, POCT1_PORT])


def mail(hospital: Hospital, one: Host) -> None:
    """Takes mail in clear (RFC 5321); who wants to may turn to TLS."""
    words = ["--listen", f"{one.address}:25", "--name", f"{one.name}.{hospital.topology.domain}"]
    words += ["--cert", f"{SCRATCH}/mail.crt", "--key", f"{SCRATCH}/mail.key"]
    _run(hospital, one, "mail_server", words, [25])


def printer(hospital: Hospital, one: Host) -> None:
    """Prints by IPP (RFC 8011)."""
    words = ["--listen", f"{one.address}:631", "--maker", one.maker, "--model", one.model, "--name", one.name, "--server", one.maker]
    _run(hospital, one, "ipp_printer", words, [631])


def fragile(hospital: Hospital, one: Host) -> None:
    _run(hospital, one, "fragile_device", ["--listen", f"{one.address}:{FRAGILE_PORT}"], [FRAGILE_PORT])


SDC_DEVICES: dict[str, Callable[[Hospital, Host], None]] = {
    "sdc-monitor": sdc_device("monitor"),
    "sdc-pump": sdc_device("pump"),
    "sdc-ventilator": sdc_device("ventilator"),
}
SERVICES: dict[str, Callable[[Hospital, Host], None]] = {
    "interface-engine": interface_engine,
    "hl7-receiver": hl7_receiver,
    "fhir": fhir,
    **SDC_DEVICES,
    "sdc-display": sdc_display,
    "lis": lis,
    "mail": mail,
    "printer": printer,
    "fragile": fragile,
}
