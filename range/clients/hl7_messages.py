"""The HL7 v2.5.1 messages that a hospital's systems send, from an invented patient.

Chapters 2 (MSH, SFT), 3 (ADT), 4 (ORM, RDE), 7 (ORU); a device's measurements as IHE DEV PCD-01 (Vol. 2, 3.1; containment in OBX-4, device
in OBX-18). `Sender` is the system's identity, `Details` what an event needs beyond the patient.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cast import Patient

STRUCTURES = {"ADT^A04": "ADT_A01", "ADT^A08": "ADT_A01", "ADT^A40": "ADT_A39"}
PCD_01 = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"


@dataclass(frozen=True, slots=True)
class Sender:
    """MSH-3 and -4, whom it writes to (MSH-5, -6), and SFT: maker, release, product, build."""

    application: str
    facility: str
    vendor: str = ""
    version: str = ""
    product: str = ""
    build: str = ""
    receiver: str = "ZZENGINE|ZZHOSP"


@dataclass(frozen=True, slots=True)
class Details:
    """Where the patient is (PL) and was before; the other patient of a merge; the device that measured (EUI-64 or serial) and its type
    (a key of `DEVICES`); what is ordered or examined (CE)."""

    where: str = "ICU^01^1^ZZHOSP"
    before: str = "ED^03^1^ZZHOSP"
    other: Patient | None = None
    device: str = "0009FBFFFE000001"
    device_type: str = "monitor"
    what: str = ""


PLAIN = Details()

# Type of device -> its MDS and what it measures: term of ISO/IEEE 11073-10101, containment, unit, least, most.
DEVICES: dict[str, tuple[str, list[tuple[str, str, str, float, float]]]] = {
    "monitor": (
        "69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC",
        [
            ("147842^MDC_ECG_HEART_RATE^MDC", "1.1.1.1", "264864^MDC_DIM_BEAT_PER_MIN^MDC", 50, 120),
            ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.2.1.1", "262688^MDC_DIM_PERCENT^MDC", 88, 100),
            ("151562^MDC_RESP_RATE^MDC", "1.3.1.1", "264928^MDC_DIM_RESP_PER_MIN^MDC", 10, 28),
        ],
    ),
    "pump": (
        "69985^MDC_DEV_PUMP_INFUS_MDS^MDC",
        [
            ("157784^MDC_FLOW_FLUID_PUMP^MDC", "1.1.1.1", "265266^MDC_DIM_MILLI_L_PER_HR^MDC", 1, 250),
            ("157872^MDC_VOL_FLUID_TBI_REMAIN^MDC", "1.1.1.2", "263762^MDC_DIM_MILLI_L^MDC", 1, 500),
        ],
    ),
    "ventilator": (
        "70001^MDC_DEV_SYS_PT_VENT_MDS^MDC",
        [
            ("151586^MDC_VENT_RESP_RATE^MDC", "1.1.1.1", "264928^MDC_DIM_RESP_PER_MIN^MDC", 10, 28),
            ("151976^MDC_VENT_PRESS_AWAY_END_EXP_POS^MDC", "1.1.1.2", "266048^MDC_DIM_CM_H2O^MDC", 4, 14),
        ],
    ),
}
BLOOD_COUNT = [
    ("718-7^Hemoglobin^LN", "g/dL", 8, 17),
    ("6690-2^Leukocytes^LN", "10*3/uL", 3, 15),
    ("777-3^Platelets^LN", "10*3/uL", 90, 400),
]
DRUGS = ("ZZ-HEPARIN^Heparin 25000 IU/50 ml^L", "ZZ-NORAD^Noradrenaline 4 mg/50 ml^L", "ZZ-PROPOFOL^Propofol 1000 mg/100 ml^L")


def stamp(at: datetime) -> str:
    """TS (2.A.77)."""
    return at.strftime("%Y%m%d%H%M%S%z")


def _dice(patient: Patient, at: datetime) -> random.Random:
    return random.Random(f"{patient.id}{stamp(at)}")


def _head(sender: Sender, kind: str, at: datetime, control: str, profile: str = "") -> list[str]:
    structure = STRUCTURES.get(kind, kind.replace("^", "_"))
    identity = f"{sender.application}|{sender.facility}|{sender.receiver}"
    msh = f"MSH|^~\\&|{identity}|{stamp(at)}||{kind}^{structure}|{control}|P|2.5.1||||||UNICODE UTF-8"
    lines = [msh + (f"|||{profile}" if profile else "")]
    if sender.vendor:
        lines.append(f"SFT|{sender.vendor}|{sender.version}|{sender.product}|{sender.build or sender.version}")
    return lines


def _pid(patient: Patient) -> str:
    address = "1 ZZ Test Lane^^Exampletown"
    return f"PID|1||{patient.id}^^^ZZHOSP^MR||{patient.name}||{patient.birth}|O|||{address}||555-0100|||||{patient.accession}"


def _person(patient: Patient, details: Details, before: str = "") -> list[str]:
    return [_pid(patient), f"PV1|1|I|{details.where}|||{before}|ZZ1^ZZTEST^DOCTOR"]


def admission(event: str) -> Callable[[Sender, Patient, datetime, str, Details], list[str]]:
    """A01 admit, A02 transfer, A03 discharge, A04 register, A08 update (chapter 3)."""

    def write(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
        before = details.before if event == "A02" else ""
        start = [*_head(sender, f"ADT^{event}", at, control), f"EVN|{event}|{stamp(at)}"]
        return [*start, *_person(patient, details, before)]

    return write


def merge(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
    """A40 (3.3.40): the identifier of `other` goes into that of `patient`."""
    other = details.other or patient
    start = [*_head(sender, "ADT^A40", at, control), f"EVN|A40|{stamp(at)}", _pid(patient)]
    return [*start, f"MRG|{other.id}^^^ZZHOSP^MR||||||{other.name}"]


def order(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
    """ORM^O01 (4.4.1): a new order to the laboratory or to radiology."""
    what = details.what or "CBC^Blood count^L"
    start = [*_head(sender, "ORM^O01", at, control), *_person(patient, details)]
    return [*start, f"ORC|NW|{patient.order}|||||||{stamp(at)}", f"OBR|1|{patient.order}||{what}|||{stamp(at)}"]


def laboratory(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
    """ORU^R01 (7.3.1): a blood count."""
    dice = _dice(patient, at)
    lines = [
        f"OBX|{n}|NM|{code}||{dice.uniform(least, most):.1f}|{unit}|||||F|||{stamp(at)}||||{details.device}^ZZ Example Analyser"
        for n, (code, unit, least, most) in enumerate(BLOOD_COUNT, 1)
    ]
    start = [*_head(sender, "ORU^R01", at, control), *_person(patient, details)]
    return [*start, f"OBR|1|{patient.order}||{details.what or 'CBC^Blood count^L'}|||{stamp(at)}", *lines]


def report(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
    """ORU^R01: what radiology read in a study; the accession number is the filler's order number, the study's UID an OBX of its own."""
    what = details.what or "24627-2^CT Chest^LN"
    request = f"OBR|1|{patient.order}|{patient.accession}|{what}|||{stamp(at)}||||||||||ZZ2^ZZTEST^READER||||||{stamp(at)}||CT|F"
    study = f"OBX|1|ST|113014^Study^DCM||{patient.study}||||||F|||{stamp(at)}"
    text = f"OBX|2|TX|18782-3^Study observation^LN||Invented: no acute finding in ZZTEST.||||||F|||{stamp(at)}"
    return [*_head(sender, "ORU^R01", at, control), *_person(patient, details), request, study, text]


def measured(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
    """ORU^R01 as IHE PCD-01: what a monitor, pump or ventilator measures."""
    dice = _dice(patient, at)
    system, metrics = DEVICES[details.device_type]
    origin = f"{stamp(at)}||||{details.device}^^{details.device}^EUI-64"
    lines = [
        f"OBX|{n}|NM|{term}|{place}|{round(dice.uniform(least, most))}|{unit}|||||R|||{origin}"
        for n, (term, place, unit, least, most) in enumerate(metrics, 2)
    ]
    start = [*_head(sender, "ORU^R01", at, control, PCD_01), *_person(patient, details)]
    request = f"OBR|1|{patient.order}||182777000^monitoring of patient^SCT|||{stamp(at)}"
    return [*start, request, f"OBX|1||{system}|1.0.0.0||||||X|||{origin}", *lines]


def pharmacy(sender: Sender, patient: Patient, at: datetime, control: str, details: Details) -> list[str]:
    """RDE^O11 (4.13.4): a pharmacist's order of an infusion, which a pump server takes."""
    dice = _dice(patient, at)
    drug = details.what or dice.choice(DRUGS)
    start = [*_head(sender, "RDE^O11", at, control), *_person(patient, details), f"ORC|NW|{patient.order}|||||||{stamp(at)}"]
    given = f"RXE|^^^{stamp(at)}|{drug}|50||ml^^UCUM|||||||||||||||||{dice.randrange(1, 40)}|ml/h^^UCUM"
    return [*start, given, "RXR|IV^Intravenous^HL70162"]


MESSAGES: dict[str, Callable[[Sender, Patient, datetime, str, Details], list[str]]] = {
    **{f"ADT^{event}": admission(event) for event in ("A01", "A02", "A03", "A04", "A08")},
    "ADT^A40": merge,
    "ORM^O01": order,
    "ORU^R01 laboratory": laboratory,
    "ORU^R01 report": report,
    "ORU^R01 device": measured,
    "RDE^O11": pharmacy,
}
