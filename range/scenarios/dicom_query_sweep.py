"""Somebody has the PACS list everybody (ATT&CK T0846, T1213; row "DICOM query sweep").

loud: from an office, under the title that the tool comes with, twelve questions in two minutes that leave every key of the patient open:
each is answered with every study, so more than 700 answers. range: one question, open keys and a range of dates of 40 years. series: the
same below the level of studies. slow: `ZZ0*`, `ZZ1*` and so on, one in a quarter of an hour: never open, some six answers each, and at the
end everybody.
"""

from __future__ import annotations

from acts import imaging
from scenario import Scenario, Script

from scenarios import dicom_tools as tools

SOURCE = "adm-pc2"
OPEN = ("PatientID=*", "PatientName=*", "PatientName=", "StudyDate=19000101-", "PatientName=ZZ*", "PatientName=*^*")
TIMES, PACE_S, SLOW_S = 2, 10, 900


def loud(script: Script) -> None:
    for keys in OPEN * TIMES:
        script.act(SOURCE, "everybody's studies asked for", tools.find([keys]), "pacs")
        script.wait(PACE_S)


def wide(script: Script) -> None:
    script.act(SOURCE, "studies of 40 years asked for", tools.find(["StudyDate=19860101-20260302"]), "pacs")


def series(script: Script) -> None:
    script.act(SOURCE, "everybody's series asked for", tools.find(["PatientID=*", "SeriesInstanceUID", "Modality"], level="SERIES"), "pacs")


def slow(script: Script) -> None:
    """From a workplace that asks every day, in its own name."""
    for digit in range(10):
        script.act("rad-ws2", "a tenth of the patients asked for", imaging.find("rad-ws2", [f"PatientID=ZZ{digit}*"]), "pacs")
        script.wait(SLOW_S)


SCENARIO = Scenario(
    name="dicom-query-sweep",
    title="The PACS is asked for everybody",
    technique=("T0846", "T1213"),
    variants={"loud": loud, "range": wide, "series": series, "slow": slow},
    row="DICOM query sweep",
)
