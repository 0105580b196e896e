"""What an asset is taken for by what it does on the network."""

from __future__ import annotations

import pytest

from asepsis.hospital.asset import Asset
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan

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
    t.add("hl7", "10.0.0.5", "10.0.0.9", 2575, sending_application="XYZ", software_vendor=vendor, software_product=product, uid="H1", **SFT)
    assert kinds(t)["10.0.0.5"] == kind


@pytest.mark.parametrize("uids", [("H1", "H1"), ("H1", "H2")])
def test_who_sends_for_several_is_not_the_machine_that_the_messages_name(uids: tuple[str, str]) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 2575, "hl7")
    for uid, application, product in zip(uids, ("RIS", "LIS"), ("Perseus A500", "5008 CAREsystem"), strict=True):
        named = {"software_vendor": "Fresenius", "software_product": product, "sending_application": application, "uid": uid}
        t.add("hl7", "10.0.0.5", "10.0.0.9", 2575, **named, **SFT)
    assert (kinds(t)["10.0.0.5"], found(t)["10.0.0.5"].roles) == ("interface engine", ())


def test_who_passes_a_message_on_is_not_the_machine_that_it_names() -> None:
    named = {"software_vendor": "Draeger", "software_product": "Perseus A500", "sending_application": "XYZ"}
    t = Traffic()
    for source, target in (("10.0.0.5", "10.0.0.9"), ("10.0.0.9", "10.0.0.7")):
        t.conn(source, target, 2575, "hl7").add("hl7", source, target, 2575, uid=f"H{source}", **named, **SFT)
    assert kinds(t) == {"10.0.0.5": "anaesthesia", "10.0.0.9": "interface engine", "10.0.0.7": "interface engine"}


@pytest.mark.parametrize(
    ("application", "kind"),
    [("PUMPSRV", "pump server"), ("PUMP_SERVER", "pump server"), ("INFUSION GATEWAY", "pump server"), ("PUMP7", "infusion pump")],
)
def test_the_server_of_pumps_is_no_pump(application: str, kind: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 2575, "hl7").hl7("10.0.0.5", "10.0.0.9", application, "F", "ENG", "H1")
    assert kinds(t)["10.0.0.5"] == kind


@pytest.mark.parametrize(
    ("told", "maker"), [({}, ""), ({"manufacturer": "Sysmex"}, "Sysmex"), ({"sender": "ADVIA", "manufacturer": "Siemens"}, "Siemens")]
)
@pytest.mark.parametrize("is_orig", [True, False])
def test_who_sends_results_is_an_analyser_whatever_it_calls_itself(told: dict[str, str], maker: str, is_orig: bool) -> None:
    ends = ("10.0.0.31", "10.0.0.9") if is_orig else ("10.0.0.9", "10.0.0.31")
    t = Traffic().conn(*ends, 4000, "astm").add("astm", *ends, 4000, is_orig=is_orig, results=3, **told)
    analyser = found(t)["10.0.0.31"]
    assert (analyser.kind, analyser.clinical_class, analyser.manufacturer) == ("analyser", "monitor", maker)
    assert kinds(t)["10.0.0.9"] == "LIS"


def test_who_takes_in_the_results_of_several_is_the_laboratorys_system_even_if_it_sends_them_on() -> None:
    t = Traffic()
    for source, target in (("10.0.0.31", "10.0.0.9"), ("10.0.0.32", "10.0.0.9"), ("10.0.0.9", "10.0.0.7")):
        t.conn(source, target, 4000, "astm").add("astm", source, target, 4000, is_orig=True, results=1)
    # Orders go to the instrument.
    t.add("astm", "10.0.0.9", "10.0.0.31", 4000, is_orig=True, results=0, sender="HOST")
    assert kinds(t) == {"10.0.0.31": "analyser", "10.0.0.32": "analyser", "10.0.0.9": "LIS", "10.0.0.7": "LIS"}
    assert found(t)["10.0.0.9"].kind_confidence == 0.5
    assert found(t)["10.0.0.7"].kind_confidence == 0.35


MEDICAL = ["dpws:Device", "mdpws:MedicalDevice"]


def _sdc(*told: dict[str, object]) -> Traffic:
    t = Traffic().conn("10.0.0.9", "10.0.0.5", 44603, "http").conn("10.0.0.5", "10.0.0.9", 44029, "http")
    for row in told:
        ends = ("10.0.0.5", "10.0.0.9") if "Report" in str(row["action"]) or row["transport"] == "udp" else ("10.0.0.9", "10.0.0.5")
        t.add("sdc", *ends, 44603, **row)
    return t


@pytest.mark.parametrize(
    "told",
    [
        {"transport": "http", "action": "GetResponse", "service": "transfer", "model": "ZZ View 5", "types": MEDICAL},
        {"transport": "http", "action": "GetMdibResponse", "service": "GetService"},
        {"transport": "udp", "action": "Hello", "service": "discovery", "types": MEDICAL},
    ],
)
def test_a_medical_device_of_unknown_model_is_no_web_server(told: dict[str, object]) -> None:
    t = _sdc(told, {"transport": "http", "action": "EpisodicMetricReport", "service": "StateEventService"})
    # A guess: its class stays unknown.
    device = found(t)["10.0.0.5"]
    assert (device.kind, device.kind_confidence, device.clinical_class) == ("patient monitor", 0.35, "unknown")
    assert kinds(t)["10.0.0.9"] == "central station"


def test_a_device_of_the_web_that_is_not_medical_stays_what_it_is() -> None:
    told = {"transport": "http", "action": "GetResponse", "service": "transfer", "model": "Laser 5", "types": ["dpws:Device"]}
    assert kinds(_sdc(told))["10.0.0.5"] == "web server"


def _tries(source: str, targets: int, ports: range, state: str, each: int = 1, **told: object) -> Traffic:
    t = Traffic()
    for n in range(targets):
        for port in ports:
            for _ in range(each):
                values = {"orig_bytes": 0, "resp_bytes": 0, "resp_pkts": int(state == "REJ"), "conn_state": state, **told}
                t.conn(source, f"10.0.1.{n}", port, None, **values)
    return t


def _answered(t: Traffic, source: str, targets: int, times: int = 1) -> Traffic:
    for _ in range(times):
        for n in range(targets):
            t.conn(source, f"10.0.2.{n}", 104, "dicom", orig_bytes=500, conn_state="SF")
    return t


@pytest.mark.parametrize("state", ["S0", "REJ"])
def test_who_knocks_at_many_doors_in_vain_is_perhaps_a_scanner_and_not_harmless(state: str) -> None:
    scanner = found(_answered(_tries("10.0.0.66", 40, range(20, 23), state), "10.0.0.66", 5))["10.0.0.66"]
    assert (scanner.kind, scanner.kind_confidence, scanner.clinical_class) == ("scanner", 0.25, "unknown")
    assert any("about 4" in sentence or "about 3" in sentence for sentence in scanner.why)


@pytest.mark.parametrize(
    "traffic",
    [
        # A print server whose printers are off, again and again.
        _tries("10.0.0.66", 30, range(9100, 9101), "S0", each=4),
        # A PACS that sends to stations that are off, and does its work.
        _answered(_tries("10.0.0.66", 30, range(104, 106), "REJ"), "10.0.0.66", 35, 2),
        # One that sees whether doors are open; half a capture; a server with many ports; addresses of the internet.
        _tries("10.0.0.66", 40, range(20, 23), "SF", resp_pkts=4),
        _tries("10.0.0.66", 40, range(20, 23), "S0", orig_bytes=700),
        _tries("10.0.0.66", 3, range(1, 60), "REJ"),
    ],
)
def test_who_knows_whom_he_looks_for_is_no_scanner(traffic: Traffic) -> None:
    assert kinds(traffic).get("10.0.0.66", "unknown") != "scanner"


def test_a_scanner_that_is_something_else_too_stays_that() -> None:
    t = _tries("10.0.0.66", 40, range(20, 23), "S0").conn("10.0.0.5", "10.0.0.66", 88, "krb")
    assert kinds(t)["10.0.0.66"] == "domain controller"
