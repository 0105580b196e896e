"""What an asset is taken for by what it does on the network."""

from __future__ import annotations

import pytest

from asepsis.hospital.asset import Asset
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe
from asepsis.hospital.site_toml import Plan

from .rows import RowLake, Traffic


def found(traffic: Traffic) -> dict[str, Asset]:
    return {address: asset for asset in inventory(observe(RowLake(traffic.rows)), Plan()) for address in asset.addresses}


def kinds(traffic: Traffic) -> dict[str, str]:
    return {address: asset.kind for address, asset in found(traffic).items()}


def test_who_registers_is_the_telephone_and_who_is_asked_the_exchange() -> None:
    assert kinds(Traffic().conn("10.0.0.5", "10.0.0.9", 5060, "sip", proto="udp")) == {
        "10.0.0.5": "phone",
        "10.0.0.9": "telephone exchange",
    }


def test_an_exchange_that_calls_telephones_is_told_by_how_many() -> None:
    phones = [f"10.0.0.{n}" for n in range(10, 16)]
    t = Traffic()
    for phone in phones:
        t.conn("10.0.0.9", phone, 5060, "sip", proto="udp").conn(phone, "10.0.0.9", 5060, "sip", proto="udp")
    assert kinds(t) == dict.fromkeys(phones, "phone") | {"10.0.0.9": "telephone exchange"}
    assert found(t)["10.0.0.9"].clinical_class == "support"


@pytest.mark.parametrize(
    ("port", "service", "kind"),
    [(631, "http", "printer"), (631, "ssl", "printer"), (631, None, "printer"), (9100, None, "printer"), (80, "http", "web server")],
)
def test_who_answers_on_a_port_of_printing_is_a_printer(port: int, service: str | None, kind: str) -> None:
    # What every machine of an office has besides does not hide it; metrics of servers are fetched over HTTP on 9100.
    t = Traffic().conn("10.0.0.5", "10.0.0.9", port, service).conn("10.0.0.5", "10.0.0.9", 80, "http")
    assert kinds(t)["10.0.0.9"] == kind
    assert kinds(Traffic().conn("10.0.0.5", "10.0.0.9", 9100, "http"))["10.0.0.9"] == "web server"


SFT = {"is_ack": False, "message_type": "ORU"}


@pytest.mark.parametrize(
    ("vendor", "product", "kind"),
    [("Draeger", "Perseus A500", "anaesthesia"), ("Fresenius", "5008 CAREsystem", "dialysis"), ("Somebody", "Something", "unknown")],
)
def test_the_software_that_messages_name_tells_the_machine(vendor: str, product: str, kind: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 2575, "hl7")
    t.add(
        "hl7", "10.0.0.5", "10.0.0.9", 2575, sending_application="XYZ", software_vendor=vendor, software_product=product, uid="H1", **SFT
    )
    assert kinds(t)["10.0.0.5"] == kind


def test_who_passes_messages_on_is_not_the_machine_that_they_name() -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 2575, "hl7")
    for application, product in (("A", "Perseus A500"), ("B", "5008 CAREsystem")):
        named = {"software_vendor": "Fresenius", "software_product": product, "sending_application": application, "uid": "H1"}
        t.add("hl7", "10.0.0.5", "10.0.0.9", 2575, **named, **SFT)
    assert kinds(t)["10.0.0.5"] == "interface engine"


@pytest.mark.parametrize(
    ("application", "kind"),
    [("PUMPSRV", "pump server"), ("PUMP_SERVER", "pump server"), ("INFUSION GATEWAY", "pump server"), ("PUMP7", "infusion pump")],
)
def test_the_server_of_pumps_is_no_pump(application: str, kind: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 2575, "hl7").hl7("10.0.0.5", "10.0.0.9", application, "F", "ENG", "H1")
    assert kinds(t)["10.0.0.5"] == kind
