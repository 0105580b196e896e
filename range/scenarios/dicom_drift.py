"""A known application entity is another program, or stands elsewhere (ATT&CK T1036; row "AE/implementation drift").

program: on the ultrasound device a tool sends images in its name, so title, address and card are right and the Implementation Class UID is
not. place: a workplace sends under title and implementation of the MR. both: the same with the tool's own implementation. One visit each,
as one is what there is to see; the day has the device itself.
"""

from __future__ import annotations

from scenario import Scenario, Script

from scenarios import dicom_tools as tools

VISITS, PACE_S = 3, 120


def program(script: Script) -> None:
    _send(script, "us01", "us01", "")


def place(script: Script) -> None:
    _send(script, "rad-ws2", "mr01", script.hospital.host("mr01").implementation)


def both(script: Script) -> None:
    _send(script, "rad-ws2", "mr01", "")


def _send(script: Script, host: str, name: str, implementation: str) -> None:
    device = script.hospital.host(name)
    for patient in tools.priors(script.hospital, VISITS):
        script.act(host, f"images in the name of {device.ae}", tools.store_as(device, patient, implementation=implementation), "pacs")
        script.wait(PACE_S)


SCENARIO = Scenario(
    name="dicom-drift",
    title="A known application entity is another program, or stands elsewhere",
    technique=("T1036",),
    variants={"program": program, "place": place, "both": both},
    row="AE / implementation drift",
)
