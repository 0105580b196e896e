"""Assets from rows: what stands behind an address, what each machine is, and that order changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.hospital.asset import Asset, as_json, from_json
from asepsis.hospital.facts import Observations
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan

from .rows import AZURION, CT, MR, SIGNA, SOMATOM, STUDY_FIND, WORKLIST_FIND, RowLake, Traffic, adapter_hospital

SEEN = observe(RowLake(adapter_hospital().rows))
XA = "1.2.840.10008.5.1.4.1.1.12.1"


def assets_of(traffic: Traffic, plan: Plan | None = None) -> dict[str, Asset]:
    return {a.name: a for a in inventory(observe(RowLake(traffic.rows)), plan or Plan())}


def test_several_machines_behind_one_address_are_several_assets_behind_an_adapter() -> None:
    found = {a.name: a for a in inventory(SEEN, Plan())}
    assert set(found) == {
        "Adapter 10.10.0.1",
        "GE MEDICAL SYSTEMS SIGNA Architect (MR01)",
        "SIEMENS SOMATOM Force (CT02)",
        "Workstation (WS1, 10.10.0.1)",
        "Interface engine for EPICADT, LAB, MONITOR, RIS (10.10.0.11)",
        "Interface engine for EPICADT, LAB, MONITOR, RIS (10.10.0.12)",
        "PACS (10.10.0.2)",
    }
    assert found["PACS (10.10.0.2)"].roles == ("EHR", "file server", "name server")
    adapter, mr, ct = (found[n] for n in ("Adapter 10.10.0.1", "GE MEDICAL SYSTEMS SIGNA Architect (MR01)", "SIEMENS SOMATOM Force (CT02)"))
    assert (mr.kind, mr.clinical_class, mr.serial, mr.software, mr.ae_titles) == ("MR", "monitor", "SN13363", "29.1", ("MR01",))
    # The AE title that only tested the connection equals the station name in the images: it is the same scanner.
    assert (ct.kind, ct.ae_titles) == ("CT", ("CT01", "CT02"))
    assert {mr.behind, ct.behind, found["Workstation (WS1, 10.10.0.1)"].behind} == {adapter.id}
    assert (adapter.kind, adapter.clinical_class, adapter.macs) == ("adapter", "unknown", ())
    assert all(fact.ts is not None and fact.event_id for asset in found.values() for fact in asset.attributes), (
        "each says since when, and why"
    )
    # Their frames come from the adapter's MAC, so it is not theirs.
    assert {a.behind for a in found.values() if a.kind == "interface engine"} == {adapter.id}
    assert not any(a.macs for a in found.values())


def test_every_attribute_names_its_source_time_and_event() -> None:
    mr = next(a for a in inventory(SEEN, Plan()) if a.kind == "MR")
    told = {a.name: a for a in mr.attributes}
    assert {"kind", "clinical_class", "manufacturer", "model", "software", "serial", "station"} <= set(told)
    for fact in told.values():
        assert fact.source.startswith("dicom_")
        assert fact.ts is not None
        assert fact.event_id
        assert 0 < fact.confidence <= 0.95
    assert any("SN13363" in sentence for sentence in mr.why)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(random) -> None:  # type: ignore[no-untyped-def]
    def shuffled(facts: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(facts, len(facts)))

    other = Observations(*(shuffled(getattr(SEEN, name)) for name in Observations.__slots__))  # type: ignore[arg-type]
    assert inventory(other, Plan()) == inventory(SEEN, Plan())


def test_an_asset_survives_json() -> None:
    for asset in inventory(SEEN, Plan()):
        assert from_json(as_json(asset)) == asset


def test_an_archive_that_forwards_is_not_the_scanner() -> None:
    t = Traffic()
    t.dicom("10.0.0.5", "10.0.0.9", "MR01", "PACS", [MR]).store("10.0.0.5", "10.0.0.9", "MR01", "PACS", SIGNA, MR)
    t.dicom("10.0.0.9", "10.0.0.7", "PACS", "VIEW", [MR]).store("10.0.0.9", "10.0.0.7", "PACS", "VIEW", SIGNA, MR)
    found = {a.addresses: a for a in assets_of(t).values()}
    assert found["10.0.0.5",].kind == "MR"
    assert found["10.0.0.9",].kind == "PACS"
    assert found["10.0.0.9",].manufacturer == ""


COMMITMENT = "1.2.840.10008.1.20.1"


@pytest.mark.parametrize(
    ("title", "asks", "kind"),
    [("VNA1", [], "archive"), ("VNA1", [STUDY_FIND], "PACS"), ("PACS1", [], "PACS"), ("STORE1", [STUDY_FIND], "PACS")],
)
def test_who_keeps_images_is_an_archive_until_it_answers_queries(title: str, asks: list[str], kind: str) -> None:
    t = Traffic().dicom("10.0.0.5", "10.0.0.9", "MR01", title, [MR]).store("10.0.0.5", "10.0.0.9", "MR01", title, SIGNA, MR)
    for command, sop_class in (("N-ACTION", COMMITMENT), *(("C-FIND", asked) for asked in asks)):
        t.dimse("10.0.0.5", "10.0.0.9", "MR01", title, f"{command}-RQ", sop_class)
        t.dimse("10.0.0.5", "10.0.0.9", "MR01", title, f"{command}-RSP", sop_class, status=0)
    assert next(a for a in assets_of(t).values() if "10.0.0.9" in a.addresses).kind == kind


def test_images_of_many_models_from_one_title_are_passed_on() -> None:
    t = Traffic().dicom("10.0.0.9", "10.0.0.7", "ROUTER", "CLOUD", [MR, CT, XA])
    for machine, sop_class in ((SIGNA, MR), (SOMATOM, CT), (AZURION, XA)):
        t.store("10.0.0.9", "10.0.0.7", "ROUTER", "CLOUD", machine, sop_class)
    router = next(a for a in assets_of(t).values() if "10.0.0.9" in a.addresses)
    assert (router.kind, router.behind) == ("PACS", "")
    assert any("other machines made" in sentence for sentence in router.why)


def test_images_fetched_by_c_move_are_not_the_senders_own() -> None:
    t = Traffic().dicom("10.0.0.9", "10.0.0.7", "PACS", "WS1", [MR])
    t.store("10.0.0.9", "10.0.0.7", "PACS", "WS1", SIGNA, MR, move_originator_ae="WS1")
    assert "MR" not in {a.kind for a in assets_of(t).values()}


def test_images_fetched_by_c_get_come_from_the_one_who_was_called() -> None:
    t = Traffic().dicom("10.0.0.7", "10.0.0.9", "WS1", "PACS", [MR])
    t.dimse("10.0.0.7", "10.0.0.9", "WS1", "PACS", "C-GET-RQ", "1.2.840.10008.5.1.4.1.2.2.3", uid="G")
    t.dimse("10.0.0.7", "10.0.0.9", "WS1", "PACS", "C-STORE-RQ", MR, uid="G", **SIGNA)
    found = {a.addresses[0]: a.kind for a in assets_of(t).values()}
    assert found == {"10.0.0.7": "workstation", "10.0.0.9": "PACS"}


def test_several_titles_of_one_machine_are_one_asset() -> None:
    t = Traffic().dicom("10.0.0.5", "10.0.0.9", "MR01", "PACS", [MR]).store("10.0.0.5", "10.0.0.9", "MR01", "PACS", SIGNA, MR)
    t.dicom("10.0.0.5", "10.0.0.9", "MR01_WL", "BROKER", [WORKLIST_FIND])
    t.dimse("10.0.0.5", "10.0.0.9", "MR01_WL", "BROKER", "C-FIND-RQ", WORKLIST_FIND)
    mr = next(a for a in assets_of(t).values() if "10.0.0.5" in a.addresses)
    assert (mr.kind, mr.ae_titles, mr.behind) == ("MR", ("MR01", "MR01_WL"), "")


def test_a_console_that_searches_the_archive_stays_a_scanner() -> None:
    t = Traffic().dicom("10.0.0.5", "10.0.0.9", "MR01", "PACS", [MR]).store("10.0.0.5", "10.0.0.9", "MR01", "PACS", SIGNA, MR)
    t.dimse("10.0.0.5", "10.0.0.9", "MR01", "PACS", "C-FIND-RQ", STUDY_FIND)
    mr = next(a for a in assets_of(t).values() if "10.0.0.5" in a.addresses)
    assert (mr.kind, mr.kind_confidence) == ("MR", 0.95)


def test_a_serial_seen_at_two_addresses_is_one_machine_that_moved() -> None:
    t = Traffic()
    for address in ("10.0.0.5", "10.0.1.5"):
        t.dicom(address, "10.0.0.9", "MR01", "PACS", [MR]).store(address, "10.0.0.9", "MR01", "PACS", SIGNA, MR)
    mr = [a for a in assets_of(t).values() if a.kind == "MR"]
    assert [a.addresses for a in mr] == [("10.0.1.5",)]
    assert [[stay.address for stay in a.stays] for a in mr] == [["10.0.0.5", "10.0.1.5"]]


def test_more_machines_than_one_address_can_have_are_not_believed() -> None:
    t = Traffic().dicom("10.0.0.5", "10.0.0.9", "X", "PACS", [MR])
    for n in range(20):
        t.store("10.0.0.5", "10.0.0.9", "X", "PACS", SIGNA | {"serial": f"FAKE{n}"}, MR)
    assert len(assets_of(t)) == 2


def test_one_application_an_address_is_what_its_name_says() -> None:
    t = Traffic()
    for address, application in (("10.0.0.21", "LAB"), ("10.0.0.22", "RIS"), ("10.0.0.23", "EPICADT"), ("10.0.0.24", "MONITOR")):
        t.conn(address, "10.0.0.9", 2575, "hl7").hl7(address, "10.0.0.9", application, "HOSP", "ENGINE", f"H{address}")
    kinds = {a.addresses[0]: a.kind for a in assets_of(t).values()}
    assert kinds == {
        "10.0.0.21": "LIS",
        "10.0.0.22": "RIS",
        "10.0.0.23": "EHR",
        "10.0.0.24": "central station",
        "10.0.0.9": "interface engine",
    }


@pytest.mark.parametrize(
    ("stream", "told", "name", "kind"),
    [
        ("astm", {"manufacturer": "Roche", "model": "c111", "serial_number": "13147"}, "Roche c111 (10.0.0.31)", "analyser"),
        ("astm", {"model": "XN-550", "software_version": "00-14"}, "XN-550 (10.0.0.31)", "analyser"),
        (
            "poct1",
            {"message_type": "HEL.R01", "vendor_id": "NOVABIO", "model": "StatStrip", "serial_number": "0600100736"},
            "NOVABIO StatStrip (10.0.0.31)",
            "point-of-care meter",
        ),
    ],
)
@pytest.mark.parametrize("is_orig", [True, False])
def test_an_instrument_of_a_laboratory_is_what_it_says(stream: str, told: dict[str, str], name: str, kind: str, is_orig: bool) -> None:
    ends = ("10.0.0.31", "10.0.0.9") if is_orig else ("10.0.0.9", "10.0.0.31")
    t = Traffic().conn(*ends, 4000, stream).add(stream, *ends, 4000, is_orig=is_orig, **told)
    found = next(a for a in assets_of(t).values() if "10.0.0.31" in a.addresses)
    assert (found.name, found.kind, found.serial, found.clinical_class) == (name, kind, told.get("serial_number", ""), "monitor")


def test_several_instruments_behind_one_terminal_server_are_none_of_them_alone() -> None:
    t = Traffic().conn("10.0.0.31", "10.0.0.9", 4000, "astm")
    for model in ("c111", "XN-550"):
        t.add("astm", "10.0.0.31", "10.0.0.9", 4000, is_orig=True, model=model)
    found = next(a for a in assets_of(t).values() if "10.0.0.31" in a.addresses)
    assert (found.model, found.kind) == ("", "analyser")


def test_a_guess_says_so_and_never_makes_an_asset_look_harmless() -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 104, "dicom").dicom("10.0.0.5", "10.0.0.9", "WS1", "PACS", ["1.2.840.10008.1.1"])
    station = next(a for a in assets_of(t).values() if "10.0.0.5" in a.addresses)
    assert station.name == "Possible workstation (WS1, 10.0.0.5)"
    assert (station.kind_confidence, station.clinical_class) == (0.25, "unknown")


@pytest.mark.parametrize(
    "address", ["239.1.2.3", "255.255.255.255", "0.0.0.0", "127.0.0.1", "169.254.3.4", "fe80::1", "8.8.8.8", "nonsense"]
)
def test_noise_and_outside_addresses_are_no_assets(address: str) -> None:
    found = assets_of(Traffic().conn("10.0.0.5", address, 53, "dns", proto="udp").conn(address, "10.0.0.5", 80, "http"))
    assert [a.addresses for a in found.values()] == [("10.0.0.5",)]


def test_an_address_that_never_answered_is_no_asset() -> None:
    found = assets_of(Traffic().conn("10.0.0.5", "10.0.0.77", 22, None, resp_pkts=0, resp_bytes=0))
    assert [a.addresses for a in found.values()] == [("10.0.0.5",)]
    assert next(iter(found.values())).why[0] == "Nothing that was seen says what it is."


def test_dhcp_names_a_machine_and_its_make() -> None:
    t = Traffic().add(
        "dhcp",
        msg_type="REQUEST",
        mac="00:1b:21:00:00:01",
        host_name="SEP001B21000001",
        vendor_class="Cisco Systems, Inc. IP Phone CP-8841",
    )
    t.add("dhcp", msg_type="ACK", mac="00:1b:21:00:00:01", assigned_addr="10.0.0.30", server_addr="10.0.0.1")
    t.conn("10.0.0.30", "10.0.0.1", 53, "dns", ("00:1b:21:00:00:01", None), proto="udp")
    found = {a.addresses[0]: a for a in assets_of(t).values()}
    phone = found["10.0.0.30"]
    assert (phone.kind, phone.clinical_class, phone.macs, phone.hostnames) == (
        "phone",
        "none",
        ("00:1b:21:00:00:01",),
        ("SEP001B21000001",),
    )
    assert found["10.0.0.1"].kind == "name server"


@pytest.mark.parametrize("service", ["krb", "krb_tcp"])
def test_who_hands_out_kerberos_tickets_and_answers_ldap_is_a_domain_controller(service: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 88, service).conn("10.0.0.5", "10.0.0.9", 389, "ldap")
    controller = next(a for a in assets_of(t).values() if "10.0.0.9" in a.addresses)
    assert (controller.name, controller.kind, controller.clinical_class) == (
        "Domain controller (10.0.0.9)",
        "domain controller",
        "support",
    )


def test_a_further_role_names_its_own_best_evidence() -> None:
    pacs = next(a for a in inventory(SEEN, Plan()) if a.kind == "PACS")
    roles = {a.value: a for a in pacs.attributes if a.name == "role"}
    assert {role: a.source for role, a in roles.items()} == {"EHR": "fhir", "file server": "smb_mapping", "name server": "conn"}
    assert len({a.event_id for a in roles.values()}) == 3
    kind = next(a for a in pacs.attributes if a.name == "kind")
    assert kind.event_id not in {a.event_id for a in roles.values()}


def test_one_other_address_is_said_as_one() -> None:
    t = Traffic().arp("00:1b:21:00:00:0a", "10.0.0.1")
    for address in ("10.0.0.1", "10.0.0.7"):
        t.conn(address, "10.0.0.9", 80, "http", ("00:1b:21:00:00:0a", None))
    gateway = next(a for a in assets_of(t).values() if "10.0.0.1" in a.addresses)
    assert "Its frames carry the packets of 1 other address." in gateway.why


def test_times_in_json_are_written_as_everywhere() -> None:
    for asset in inventory(SEEN, Plan()):
        told = as_json(asset)
        assert all(
            text.endswith("Z") for text in (told["first_seen"], told["last_seen"], *(a["ts"] for a in told["attributes"] if a["ts"]))
        )


def test_a_device_that_tells_what_it_is_is_that_machine() -> None:
    told = {"manufacturer": "GE HealthCare", "model": "CARESCAPE Monitor B850", "serial": "SKB1234", "firmware": "3.2"}
    t = Traffic().conn("10.4.0.1", "10.4.0.2", 54805, "http").add("sdc", "10.4.0.1", "10.4.0.2", 54805, transport="http", action="Get")
    t.add("sdc", "10.4.0.1", "10.4.0.2", 54805, transport="http", action="GetResponse", **told)
    monitor = assets_of(t)["GE HealthCare CARESCAPE Monitor B850 (10.4.0.2)"]
    assert (monitor.kind, monitor.serial, monitor.software, monitor.confidence) == ("patient monitor", "SKB1234", "3.2", 0.95)
    assert {fact.source for fact in monitor.attributes if fact.name in ("model", "serial")} == {"sdc"}
    assert (
        "Asked over SDC what it is, it told: manufacturer GE HealthCare, model CARESCAPE Monitor B850, serial number SKB1234."
        in monitor.why
    )
    # At another address it is the same machine, and who asks is none.
    t.conn("10.4.0.1", "10.4.0.9", 54805, "http").add("sdc", "10.4.0.1", "10.4.0.9", 1, transport="http", action="GetResponse", **told)
    assert {a.serial: a.id for a in assets_of(t).values() if a.serial} == {"SKB1234": monitor.id}
    # A gateway that tells of two is neither.
    t.add("sdc", "10.4.0.1", "10.4.0.2", 54805, transport="http", action="GetResponse", **told | {"serial": "SKB9"})
    assert monitor.id not in {a.id for a in assets_of(t).values() if "10.4.0.2" in a.addresses}
