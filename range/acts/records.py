"""The electronic record: staff open its pages, applications read charts over FHIR."""

from __future__ import annotations

from datetime import datetime

from act import Doing
from cast import Patient
from clients.fhir import Access, Fhir
from lan import SCRATCH
from services.clinical import FHIR_PORT
from space import call
from state import Hospital

WARD_APP = "ZZ-Ward-App/2.1"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


def client(hospital: Hospital, agent: str = WARD_APP) -> Fhir:
    return Fhir(f"http://ehr.{hospital.topology.domain}:{FHIR_PORT}/fhir", Access(agent))


def read_chart(patient: Patient) -> Doing:
    """Search a patient and read observations, orders and reports (FHIR R4 3.1.0)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        with client(hospital) as fhir:
            for found in fhir.find(patient.id):
                fhir.chart(found["id"])

    return doing


def write_down(patient: Patient, value: float) -> Doing:
    """A nurse writes a heart rate down."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        with client(hospital) as fhir:
            fhir.observe(patient, "8867-4", value, "/min", moment)

    return doing


def export(agent: str = "ZZ-Quality-Report/1.0", level: str = "") -> Doing:
    """Everything at once, asked for by name (Bulk Data Access IG 2.0): what quality reporting does once a night."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        with client(hospital, agent) as fhir:
            fhir.export(level, "Patient")

    return doing


def open_portal() -> Doing:
    """Somebody works in the record's pages."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["curl", "-sf", "-A", BROWSER, "-o", "/dev/null", "--cacert", SCRATCH / "ca.crt", f"https://ehr.{hospital.topology.domain}/"])

    return doing
