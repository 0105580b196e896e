"""Somebody takes the images of many patients out of the PACS (ATT&CK T1119, T1213; row "DICOM mass retrieve").

loud: a host that was plugged in makes itself known to the PACS by REST and has 45 patients sent within seven minutes: many, and to a place
never seen before. get: the same host fetches them itself (C-GET), so there is no destination. known: 45 patients to a workplace that
fetches every day. slow: 60 patients to that workplace, one in 90 seconds: seven in ten minutes, below what a tumour board fetches, but the
whole house in 90 minutes.
"""

from __future__ import annotations

from acts import imaging
from scenario import Scenario, Script

from scenarios import dicom_tools as tools

LOUD, PACE_S = 45, 9
SLOW, SLOW_S = 60, 90
WORKPLACE = "rad-ws2"


def loud(script: Script) -> None:
    script.act("rogue", "new destination of the PACS", tools.make_known("rogue"), "pacs")
    script.wait(20)
    for patient in tools.priors(script.hospital, LOUD):
        script.act("rogue", "study moved to a new destination", tools.move_here(patient), "pacs")
        script.wait(PACE_S)


def get(script: Script) -> None:
    for patient in tools.priors(script.hospital, LOUD):
        script.act("rogue", "study fetched by C-GET", tools.get(patient), "pacs")
        script.wait(PACE_S)


def known(script: Script) -> None:
    _to_workplace(script, LOUD, PACE_S)


def slow(script: Script) -> None:
    _to_workplace(script, SLOW, SLOW_S)


def _to_workplace(script: Script, count: int, seconds: float) -> None:
    for patient in tools.priors(script.hospital, count):
        script.act(WORKPLACE, "study moved to a workplace", imaging.fetch(WORKPLACE, [patient]), "pacs")
        script.wait(seconds)


SCENARIO = Scenario(
    name="dicom-mass-retrieve",
    title="The images of many patients are taken out of the PACS",
    technique=("T1119", "T1213"),
    variants={"loud": loud, "get": get, "known": known, "slow": slow},
    row="DICOM mass retrieve",
)
