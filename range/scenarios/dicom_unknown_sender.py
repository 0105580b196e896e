"""Images from somebody who is no modality of the house (ATT&CK T1565.002, T0855; row "image from an unknown sender").

stolen: a host that was plugged in sends under the title, maker and implementation of the CT, from its own address and card; the title alone
proves nothing. new: the same host under a title never seen. office: a workplace of the administration sends images, which it never did.
Images are added to studies that the PACS has, as who would forge a finding does. slow: one image in half an hour.
"""

from __future__ import annotations

from scenario import Scenario, Script

from scenarios import dicom_tools as tools

FORGED, PACE_S = 6, 20
SLOW, SLOW_S = 5, 1_800
NEW_AE = "ZZIMPORT"


def stolen(script: Script) -> None:
    _as_ct(script, FORGED, PACE_S)


def slow(script: Script) -> None:
    _as_ct(script, SLOW, SLOW_S)


def _as_ct(script: Script, count: int, seconds: float) -> None:
    ct = script.hospital.host("ct01")
    for patient in tools.priors(script.hospital, count):
        script.act("rogue", "images in the name of the CT", tools.store_as(ct, patient, implementation=ct.implementation), "pacs")
        script.wait(seconds)


def new(script: Script) -> None:
    _under(script, "rogue", NEW_AE)


def office(script: Script) -> None:
    _under(script, "adm-pc2", "STORESCU")


def _under(script: Script, name: str, title: str) -> None:
    ct = script.hospital.host("ct01")
    for patient in tools.priors(script.hospital, FORGED):
        script.act(name, "images under a new title", tools.store_as(ct, patient, title), "pacs")
        script.wait(PACE_S)


SCENARIO = Scenario(
    name="dicom-unknown-sender",
    title="Images come from somebody who is no modality",
    technique=("T1565.002", "T0855"),
    variants={"stolen": stolen, "new": new, "office": office, "slow": slow},
    row="image from an unknown sender",
)
