"""The small hospital that the range builds: its hosts, the devices on them and its invented patients.

Names, addresses, titles and serials are made up; makers' and models' names are real, so that an inventory has something to recognise.
Domains end in `.test` and `.example` (RFC 6761, RFC 2606); outside addresses are documentation addresses (RFC 5737).
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field

from pydicom.uid import generate_uid

DOMAIN = "hospital.test"
NETWORK = "10.20.0.0/16"
GATEWAY = "10.20.0.1"
NAMESERVER = "10.20.30.2"


@dataclass(frozen=True, slots=True)
class Host:
    """One machine with one card. `dhcp` hosts get `address` (their reservation) or a pool address by lease."""

    name: str
    address: str
    zone: str
    dhcp_vendor_class: str = ""

    @property
    def mac(self) -> str:
        """A locally administered address (IEEE 802 8.4) that repeats the IP address: a reader of the capture finds its way."""
        return "02:00:" + ":".join(f"{int(part):02x}" for part in self.address.split("."))


@dataclass(frozen=True, slots=True)
class Device:
    """What an inventory ought to say about a host, or about one of several machines behind it."""

    host: str
    kind: str
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    serial: str = ""
    ae_titles: list[str] = field(default_factory=list)


HOSTS = (
    Host("ct01", "10.20.10.11", "imaging"),
    Host("mr01", "10.20.10.12", "imaging"),
    Host("cr01", "10.20.10.13", "imaging"),
    Host("imgate", "10.20.10.14", "imaging"),
    Host("us02", "10.20.10.15", "imaging", dhcp_vendor_class="udhcp 1.31.1"),
    Host("xa01", "10.20.10.16", "imaging"),
    Host("pacs", "10.20.10.20", "imaging"),
    Host("archive", "10.20.10.21", "imaging"),
    Host("ris", "10.20.10.22", "imaging"),
    Host("telerad", "10.20.10.23", "imaging"),
    Host("ws1", "10.20.10.30", "imaging"),
    Host("engine", "10.20.20.10", "clinical"),
    Host("adt", "10.20.20.11", "clinical"),
    Host("lis", "10.20.20.12", "clinical"),
    Host("mongw", "10.20.20.13", "clinical"),
    Host("ehr", "10.20.20.20", "clinical"),
    Host("pumpsrv", "10.20.20.31", "clinical"),
    Host("ns", NAMESERVER, "office"),
    Host("files", "10.20.30.10", "office"),
    Host("pc01", "10.20.30.101", "office", dhcp_vendor_class="MSFT 5.0"),
    Host("pc02", "10.20.30.102", "office", dhcp_vendor_class="MSFT 5.0"),
    Host("router", GATEWAY, "office"),
)

OUTSIDE = {"telemetry": "203.0.113.80", "vendor-support": "198.51.100.23"}

DEVICES = (
    Device("ct01", "CT", "SIEMENS", "SOMATOM Force", "VB20A", "SN-CT-75001", ["CT01"]),
    Device("mr01", "MR", "GE MEDICAL SYSTEMS", "SIGNA Architect", "MR30.0_R01", "SN-MR-30417", ["MR01"]),
    Device("cr01", "CR", "FUJIFILM Corporation", "CR-IR 392", "V10.0", "SN-CR-92110", ["CR01"]),
    Device("imgate", "US", "Philips Medical Systems", "EPIQ 7G", "EPIQ 7G_9.0.3", "SN-US-41007", ["US01"]),
    Device("imgate", "MG", "HOLOGIC, Inc.", "Selenia Dimensions", "AWS:1.10.2", "SN-MG-88021", ["MG01"]),
    Device("us02", "US", "SAMSUNG MEDISON CO.,LTD.", "HS60", "1.05.03", "SN-US-60233", ["US02"]),
    Device("xa01", "XA", "CANON_MEC", "INFX-8000V", "V6.40", "SN-XA-80114", ["XA01"]),
    Device("pacs", "PACS", "Orthanc", ae_titles=["PACS"]),
    Device("archive", "PACS", "OFFIS", ae_titles=["ARCHIVE"]),
    Device("ris", "RIS", "OFFIS", ae_titles=["RISWL"]),
    Device("telerad", "PACS", "OFFIS", ae_titles=["TELERAD"]),
    Device("ws1", "workstation", "OFFIS", ae_titles=["WS1"]),
    Device("engine", "interface engine"),
    Device("adt", "ADT"),
    Device("lis", "LIS"),
    Device("mongw", "monitor gateway"),
    Device("ehr", "EHR"),
    Device("pumpsrv", "pump server"),
    Device("ns", "DNS and DHCP server"),
    Device("files", "file server"),
    Device("pc01", "PC"),
    Device("pc02", "PC"),
    Device("router", "router"),
)


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented patient: every name begins with ZZTEST and every number with ZZ, so that nobody can take one for a person."""

    name: str
    id: str
    birth: str
    accession: str
    order: str
    study: str


WORDS = ("ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT", "GOLF", "HOTEL", "INDIA", "JULIETT", "KILO", "LIMA")


def patients(seed: int, count: int = len(WORDS)) -> list[Patient]:
    """The hospital's patients, twelve unless told; the same seed gives the same first ones, however many are asked for."""
    rng, taken = random.Random(seed), set[str]()

    def number() -> str:
        while (drawn := f"ZZ{rng.randrange(10**6):06d}") in taken:
            pass
        taken.add(drawn)
        return drawn

    return [
        Patient(
            name=f"ZZTEST^{word}",
            id=number(),
            birth="19000101",
            accession=f"ZZA{rng.randrange(10**6):06d}",
            order=f"ZZO{rng.randrange(10**6):06d}",
            study=generate_uid(entropy_srcs=[str(seed), word]),
        )
        for word in _given_names(count)
    ]


def _given_names(count: int) -> list[str]:
    """ALPHA to LIMA, then ALPHAALPHA, BRAVOALPHA and so on: digits in a name would be odd in DICOM and HL7."""
    names: list[str] = []
    for number in range(count):
        rest, first = divmod(number, len(WORDS))
        names.append(WORDS[first] + (names[rest - 1] if rest else ""))
    return names


def host(name: str) -> Host:
    return next(h for h in HOSTS if h.name == name)


def truth() -> dict[str, object]:
    """What tests may hold an inventory against: where each device is and what it is. Holds nothing of a patient."""
    rows = [{**asdict(d), "address": host(d.host).address, "mac": host(d.host).mac, "zone": host(d.host).zone} for d in DEVICES]
    return {"network": NETWORK, "domain": DOMAIN, "outside": OUTSIDE, "devices": rows}
