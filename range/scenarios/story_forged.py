"""Story 3: a host that somebody plugged in into radiology makes patients ill on paper.

It takes an address that is free and looks at four servers (T1200, T1046), greets the PACS under titles that it guesses until the CT's
(T1078); then, for six patients, it sends laboratory results for orders that nobody placed and a report of a study that was not made
(T1565.002, T0856), adds images in the name of the CT to their studies (T1565.002, T0855), and makes two pairs of patients one (T1565.001).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from act import Doing
from acts.messages import SENDERS
from clients.hl7_messages import Details
from scenario import Scenario, Script
from services.dicom import PACS_PORT
from space import call
from state import Hospital

from scenarios import dicom_tools as tools
from scenarios import hl7_injection as injection

HOST, SERVERS = injection.HOST, ("pacs", "engine", "ris", "archive")
PORTS = "104,2575,6661,8042,11112,11115"
GUESSED = ("ANY-SCP", "STORESCU", "WORKSTATION", "MR01", "CT01")
VICTIMS = 6
RESULT, IMAGE, MERGE = ("T1565.002", "T0856"), ("T1565.002", "T0855"), ("T1565.001",)


def story(script: Script) -> None:
    begin = script.moment

    def after(minutes: float) -> None:
        script.moment = begin + timedelta(minutes=minutes)

    script.act(HOST, "servers looked for", look_for, *SERVERS, technique=("T1200", "T1046"))
    for number, title in enumerate(GUESSED):
        after(5 + number)
        script.act(HOST, "the PACS greeted", greet(title), "pacs", technique=("T1078",))
    forge(script, after)


def forge(script: Script, after: Callable[[float], None]) -> None:
    """Result, report and images of each patient within four minutes, a patient in ten; then the merges."""
    ct, radiology = script.hospital.host("ct01"), SENDERS["ris"][0]
    for number, patient in enumerate(tools.priors(script.hospital, VICTIMS)):
        told = injection.strangers_order(patient, 100 + number)
        after(20 + 10 * number)
        result = injection.forged("ORU^R01 laboratory", told, injection.LABORATORY, f"ZZLI8{number:05}")
        injection.send(script, "forged result", result, "ehr", technique=RESULT)
        after(22 + 10 * number)
        report = injection.forged("ORU^R01 report", told, radiology, f"ZZRI8{number:05}")
        injection.send(script, "forged report", report, "ehr", technique=RESULT)
        after(24 + 10 * number)
        script.act(HOST, "forged images", tools.store_as(ct, patient, implementation=ct.implementation), "pacs", technique=IMAGE)
    people = script.hospital.patients
    for number in range(2):
        after(90 + number)
        merge = injection.forged("ADT^A40", people[number], injection.ADMISSION, f"ZZAD8{number:05}", Details(other=people[number + 2]))
        injection.send(script, "two patients made one", merge, "ehr", "ris", "lis", technique=MERGE)


def look_for(hospital: Hospital, moment: datetime) -> None:
    addresses = [hospital.address(name) for name in SERVERS]
    call(["nmap", "-n", "-Pn", "-sT", "--max-retries", "0", "--host-timeout", "20s", "-oN", "/dev/null", "-p", PORTS, *addresses])


def greet(title: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["echoscu", "-aet", title, "-aec", "PACS", hospital.address("pacs"), PACS_PORT])

    return doing


SCENARIO = Scenario(
    name="story-forged",
    title="A host in radiology forges results and images",
    technique=("T1200", "T1046", "T1078", "T1565.002", "T1565.001", "T0855", "T0856"),
    variants={"hours": story},
)
