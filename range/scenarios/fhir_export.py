"""Every record is taken out of the electronic record over FHIR (ATT&CK T1530, T1213; row "FHIR bulk export").

loud: a workplace that never exported anything has the whole system exported twice within an hour, without `_since`, by a program that
nobody knows. patients: the same at the level of patients, once. pages: no export, but every page of patients and observations, 20 at a
time, in some minutes. slow: the application of the wards, from a ward, reads one page of ten patients in ten minutes.
"""

from __future__ import annotations

from datetime import datetime

from act import Doing
from acts.records import WARD_APP, client
from scenario import Scenario, Script
from state import PATIENTS, Hospital

SOURCE, AGENT = "adm-pc2", "python-requests/2.32.3"
WARD = "ward-ws2"
AGAIN_S, PAGE_S, SLOW_S = 1_500, 15, 600
PAGE, SMALL = 20, 10
KINDS = {"Patient": 1, "Observation": 4}
"""What is walked through, and how many there are of each patient, at least."""


def take_all(level: str = "") -> Doing:
    """Kick off, look until it is done, download (Bulk Data Access IG 2.0)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        with client(hospital, AGENT) as fhir:
            fhir.export(level)

    return doing


def page(kind: str, count: int, offset: int, agent: str) -> Doing:
    """One page of a search without a condition, by the `next` link of the one before."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        with client(hospital, agent) as fhir:
            next(fhir.pages(kind, count, _offset=str(offset)))

    return doing


def loud(script: Script) -> None:
    for _ in range(2):
        script.act(SOURCE, "the whole record exported", take_all(), "ehr", "ns")
        script.wait(AGAIN_S)


def patients(script: Script) -> None:
    script.act(SOURCE, "all patients exported", take_all("Patient"), "ehr", "ns")


def pages(script: Script) -> None:
    for kind, each in KINDS.items():
        for offset in range(0, PATIENTS * each, PAGE):
            script.act(SOURCE, f"a page of {kind}", page(kind, PAGE, offset, AGENT), "ehr", "ns")
            script.wait(PAGE_S)


def slow(script: Script) -> None:
    for offset in range(0, PATIENTS, SMALL):
        script.act(WARD, "a page of patients", page("Patient", SMALL, offset, WARD_APP), "ehr", "ns")
        script.wait(SLOW_S)


SCENARIO = Scenario(
    name="fhir-export",
    title="The whole record is taken out over FHIR",
    technique=("T1530", "T1213"),
    variants={"loud": loud, "patients": patients, "pages": pages, "slow": slow},
    row="FHIR bulk export",
)
