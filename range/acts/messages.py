"""HL7 v2 feeds: who sends what to the interface engine, over connections that stay open all day."""

from __future__ import annotations

from datetime import datetime

from act import Doing
from cast import Patient
from clients.hl7 import Feed
from clients.hl7_messages import MESSAGES, PLAIN, Details, Sender
from lan import RangeError
from links.hl7 import framed
from services.clinical import ENGINE_PORTS
from state import Hospital

SENDERS = {  # host -> sender as MSH-3, MSH-4 and SFT name it, port of the engine
    "ehr": (Sender("ZZADT", "MAIN", "ZZ Example Software", "ZZ-ADT", "4.2"), ENGINE_PORTS[0]),
    "lis": (Sender("ZZLIS", "CORELAB", "ZZ Example Laboratory", "ZZ-LIS", "11.0"), ENGINE_PORTS[1]),
    "ris": (Sender("ZZRIS", "RADIOLOGY", "ZZ Example Imaging", "ZZ-RIS", "7.1"), ENGINE_PORTS[0]),
    "central": (Sender("PICIX", "ICU", "Philips Medical Systems", "PIC iX", "C.03.20"), ENGINE_PORTS[0]),
    "pumpsrv": (Sender("PUMPSERVER", "ICU", "ZZ Example Infusion", "ZZ-PUMP", "5.0"), ENGINE_PORTS[0]),
}
_open: dict[str, Feed] = {}


def sender_of(name: str) -> tuple[Sender, int]:
    """A system's identity; a monitor that sends by itself is called as it is."""
    return SENDERS.get(name) or (Sender(name.upper(), "ICU", "Philips Medical Systems", "IntelliVue MX450", "N.01"), ENGINE_PORTS[0])


def message(name: str, kind: str, patient: Patient, details: Details = PLAIN) -> Doing:
    """One message and its acknowledgement (HL7 v2.5.1 2.9.2)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        if name not in _open:
            sender, port = sender_of(name)
            _open[name] = Feed(hospital.address("engine"), port, sender)
        if (code := _open[name].send(kind, patient, moment, details)) != "AA":
            raise RangeError(f"the engine answers {kind} of {name} with {code}")

    return doing


def exercise(name: str, patient: Patient) -> Doing:
    """A message of a training, marked as such (MSH-11 T, HL7 table 0103), that goes where the real ones go."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        sender, port = SENDERS[name]
        control = f"TRAIN{moment:%d%H%M%S}"
        segments = MESSAGES["ORU^R01 laboratory"](sender, patient, moment, control, PLAIN)
        segments[0] = segments[0].replace("|P|2.5.1", "|T|2.5.1")
        with Feed(hospital.address("engine"), port, sender) as feed:
            feed.send_raw(framed(segments))

    return doing


def hang_up(name: str) -> Doing:
    """The sender ends its connection, as before an upgrade."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        if feed := _open.pop(name, None):
            feed.close()

    return doing
