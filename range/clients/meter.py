"""A point-of-care glucose meter that docks: says hello, hands over what was measured at beds, takes the list of patients, ends.

CLSI POCT01-A2, appendix B.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cast import Patient
from links.poct1 import Messages, Poct1Error, elements, first, stamp

WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Meter:
    """DEV: what the meter says of itself."""

    device: str = "00-1B-44-11-3A-B7"
    vendor: str = "NOVABIO"
    maker: str = "Nova Biomedical"
    model: str = "StatStrip"
    serial: str = "0600100736"
    hardware: str = "K1"
    software: str = "3.10.8.0"


def dock(address: str, port: int, meter: Meter, people: Sequence[Patient], at: datetime) -> int:
    """One docking: every patient's glucose goes to the manager; gives how many observations were acknowledged."""
    with socket.create_connection((address, port), timeout=WAIT_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk, when, taken = Messages(sock), stamp(at), 0
        _told(talk, "HEL.R01", _hello(meter), when)
        _told(talk, "DST.R01", f"<DST>{elements([('DST.status_dttm', when), ('DST.new_observations_qty', str(len(people)))])}</DST>", when)
        _obey(talk, when, until="ROBS")
        for person in people:
            taken += _told(talk, "OBS.R01", _service(person, at), when)
        _told(talk, "EOT.R01", '<EOT><EOT.topic_cd V="OBS"/></EOT>', when)
        _obey(talk, when, until="")
        return taken


def _told(talk: Messages, kind: str, body: str, when: str) -> bool:
    """Say something and wait for its acknowledgement; whether it was taken."""
    control = talk.say(kind, body, when)
    while answer := talk.next():
        if answer[0] == "ACK.R01" and first(answer[1], "ACK.ack_control_id") == str(control):
            return first(answer[1], "ACK.type_cd") == "AA"
    raise Poct1Error("the manager left")


def _obey(talk: Messages, when: str, until: str) -> None:
    """Acknowledge what the manager says, until it asks for `until` or ends the conversation."""
    while said := talk.next():
        talk.acknowledge(first(said[1], "HDR.control_id"), when)
        if said[0] == "END.R01" or (until and first(said[1], "REQ.request_cd") == until):
            return
    raise Poct1Error("the manager left")


def _hello(meter: Meter) -> str:
    names = ("device_id", "vendor_id", "model_id", "serial_id", "manufacturer_name", "hw_version", "sw_version")
    said = (meter.device, meter.vendor, meter.model, meter.serial, meter.maker, meter.hardware, meter.software)
    device = elements((f"DEV.{name}", value) for name, value in zip(names, said, strict=True))
    able = '<DSC><DSC.connection_profile_cd V="SA"/><DSC.topics_supported_cd V="D_EV"/><DSC.directives_supported_cd V="SET_TIME"/></DSC>'
    return f'<DEV>{device}<DCP><DCP.application_timeout V="120"/></DCP>{able}</DEV>'


def _service(person: Patient, at: datetime) -> str:
    value = random.Random(f"{person.id}{at}").uniform(3, 12)
    given = person.name.partition("^")[2]
    name = f'<PT.name V="{person.name.replace("^", " ")}"><GIV V="{given}"/><FAM V="ZZTEST"/></PT.name>'
    seen = f'<OBS><OBS.observation_id V="2340-8" SN="LN"/><OBS.value V="{value:.1f}" U="mmol/L"/><OBS.method_cd V="M"/></OBS>'
    who = f'<PT><PT.patient_id V="{person.id}"/>{name}<PT.birth_date V="{person.birth[:4]}-01-01"/>{seen}</PT>'
    head = f'<SVC.role_cd V="OBS"/><SVC.observation_dttm V="{stamp(at)}"/>'
    order = f'<ORD><ORD.universal_service_id V="2340-8"/><ORD.order_id V="{person.order}"/></ORD>'
    return f'<SVC>{head}{who}<OPR><OPR.operator_id V="ZZNURSE"/></OPR>{order}</SVC>'
