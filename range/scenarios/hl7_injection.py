"""Messages from somebody who is no system of the house (ATT&CK T1565.002, T0856; row "HL7 injection or impersonation").

A host that was plugged in into radiology talks to the interface engine, which takes whatever comes. results: laboratory results in the name
of the laboratory system, for orders that nobody placed. orders: infusions for eight patients, straight to the engine in the name of a
pharmacy that the house has not. merges: 14 pairs of patients made one within two minutes, in the name of the admission system. reused: one
control id for five messages with other values each. slow: one forged result in half an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from act import Doing
from acts.messages import SENDERS
from cast import Patient
from clients.hl7 import Feed
from clients.hl7_messages import MESSAGES, Details, Sender
from lan import RangeError
from links.hl7 import framed
from scenario import Scenario, Script
from services.clinical import ENGINE_PORTS
from state import Hospital

HOST = "rogue"
LABORATORY, ADMISSION = SENDERS["lis"][0], SENDERS["ehr"][0]
PHARMACY = Sender("ZZPHARM", "MAIN")
MANY, MERGES, REUSED, SLOW = 12, 14, 5, 5
PACE_S, SLOW_S = 8, 1_800


def forged(kind: str, patient: Patient, sender: Sender, control: str, details: Details = Details()) -> Doing:  # noqa: B008  it is frozen
    """One message over a connection of its own; the engine must take it."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        text = framed(MESSAGES[kind](sender, patient, moment, control, details))
        with Feed(hospital.address("engine"), ENGINE_PORTS[0], sender) as feed:
            if (code := feed.send_raw(text)) != "AA":
                raise RangeError(f"the engine answers {kind} with {code}")

    return doing


def strangers_order(patient: Patient, number: int) -> Patient:
    """The patient with an order that nobody placed."""
    return replace(patient, order=f"ZZX{number:06}", accession=f"ZZX{number:06}")


def results(script: Script) -> None:
    _results(script, MANY, PACE_S)


def slow(script: Script) -> None:
    _results(script, SLOW, SLOW_S)


def _results(script: Script, count: int, seconds: float) -> None:
    for number, patient in enumerate(script.hospital.patients[:count]):
        told = strangers_order(patient, number)
        send(script, "result for an order that nobody placed", forged("ORU^R01 laboratory", told, LABORATORY, f"ZZLI9{number:05}"), "ehr")
        script.wait(seconds)


def orders(script: Script) -> None:
    for number, patient in enumerate(script.hospital.patients[:8]):
        send(script, "infusion ordered", forged("RDE^O11", strangers_order(patient, number), PHARMACY, f"RX{number:06}"), "ehr")
        script.wait(PACE_S)


def merges(script: Script) -> None:
    people = script.hospital.patients
    for number in range(MERGES):
        details = Details(other=people[2 * number + 1])
        doing = forged("ADT^A40", people[2 * number], ADMISSION, f"ZZAD9{number:05}", details)
        send(script, "two patients made one", doing, "ehr", "ris", "lis", technique=("T1565.001", "T1565.002"))
        script.wait(PACE_S)


def reused(script: Script) -> None:
    for number in range(REUSED):
        told = strangers_order(script.hospital.patients[0], number)
        send(script, "control id used again", forged("ORU^R01 laboratory", told, LABORATORY, "ZZLI900001"), "ehr")
        script.wait(PACE_S)


def send(script: Script, what: str, doing: Doing, *ends: str, technique: Sequence[str] = ()) -> None:
    """The engine passes it on to these, over connections that stay open."""
    pairs = tuple(("engine", end) for end in ends)
    script.act(HOST, what, doing, "engine", technique=technique, goes_on=True, beyond=pairs)


SCENARIO = Scenario(
    name="hl7-injection",
    title="Forged results, orders and merges reach the interface engine",
    technique=("T1565.002", "T0856"),
    variants={"results": results, "orders": orders, "merges": merges, "reused": reused, "slow": slow},
    row="HL7 injection or impersonation",
)
