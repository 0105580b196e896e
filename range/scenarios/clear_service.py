"""Patients' data begin to go in clear between two that never spoke (ATT&CK T1040; row "cleartext PHI, unauthenticated medical service").

The day has plenty of it; each of these is a pair more, on an office workplace that somebody uses for research: dicom: it listens for
images, and the PACS sends it five patients' studies; hl7: it listens for messages, and the laboratory system sends it results; fhir: it
reads charts without a token; astm: in the laboratory, a workplace sends results as analysers do. all: one after the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime

from acts.messages import SENDERS
from acts.records import client
from cast import Patient
from clients.analyser import Analyser, Instrument
from clients.hl7 import Feed
from scenario import Scenario, Script
from services.clinical import ASTM_PORT, DAEMONS, HL7_PORT
from space import at
from state import Hospital

from scenarios import dicom_tools as tools
from scenarios.programs import running

RESEARCH, LABORATORY = "adm-pc1", "lab-ws1"
PATIENTS, PACE_S = 5, 30


def dicom(script: Script) -> None:
    script.act(RESEARCH, "new destination of the PACS", tools.make_known(RESEARCH), "pacs")
    script.wait(PACE_S)
    for patient in tools.priors(script.hospital, PATIENTS):
        script.act(RESEARCH, "study sent in clear to a new place", tools.move_here(patient), "pacs")
        script.wait(PACE_S)


def hl7(script: Script) -> None:
    def send(hospital: Hospital, moment: datetime) -> None:
        listens = [sys.executable, DAEMONS / "hl7_receiver.py", "--listen", f"{hospital.address(RESEARCH)}:{HL7_PORT}"]
        with running(RESEARCH, listens, HL7_PORT), at("lis"), Feed(hospital.address(RESEARCH), HL7_PORT, SENDERS["lis"][0]) as feed:
            for patient in hospital.patients[:PATIENTS]:
                feed.send("ORU^R01 laboratory", patient, moment)

    script.act("lis", "results sent in clear to a new place", send, RESEARCH)


def fhir(script: Script) -> None:
    for patient in script.hospital.patients[:PATIENTS]:
        script.act(RESEARCH, "chart read without a token", _read(patient), "ehr", "ns")
        script.wait(PACE_S)


def _read(patient: Patient) -> Callable[[Hospital, datetime], None]:
    def doing(hospital: Hospital, moment: datetime) -> None:
        with client(hospital, "ZZ-Research-Notebook/0.3") as one:
            one.capabilities()
            for found in one.find(patient.id):
                one.chart(found["id"])

    return doing


def astm(script: Script) -> None:
    def send(hospital: Hospital, moment: datetime) -> None:
        analyser = Analyser(hospital.address("lis"), ASTM_PORT, Instrument(("ZZ-DEMO", "0.1", "ZZDEMO001", "H1")))
        analyser.measure(hospital.patients[:PATIENTS], moment)
        analyser.close()

    script.act(LABORATORY, "results sent as analysers do", send, "lis")


def everything(script: Script) -> None:
    for part in (dicom, hl7, fhir, astm):
        part(script)
        script.wait(120)


SCENARIO = Scenario(
    name="clear-service",
    title="Patients' data begin to go in clear between two that never spoke",
    technique=("T1040",),
    variants={"all": everything, "dicom": dicom, "hl7": hl7, "fhir": fhir, "astm": astm},
    row="cleartext PHI, unauthenticated medical service",
)
