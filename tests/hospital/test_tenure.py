"""Who held an address: in turn, against a thief, by name at a docking station, by serial number behind a router."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from asepsis.hospital.asset import Asset
from asepsis.hospital.equipment import is_serial
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe, presence
from asepsis.hospital.plan import Plan
from asepsis.hospital.tenure import Tenure, claims, claims_for_others, tenures

from .rows import CT, SOMATOM, START, RowLake, Traffic

A, B, C = "00:1b:21:00:00:0a", "00:1b:21:00:00:0b", "00:1b:21:00:00:0c"
HERE = "10.0.0.5"


class Days(Traffic):
    """Traffic whose rows are told with their hour."""

    def at(self, hour: float, stream: str, orig: str = HERE, resp: str = "10.0.0.9", **values: Any) -> Days:
        self.add(stream, orig, resp, **values)
        self.rows[-1][1]["ts"] = START + timedelta(hours=hour)
        return self

    def has(self, mac: str, hours: range, address: str = HERE) -> Days:
        for hour in hours:
            self.at(hour, "arp", address, sender_mac=mac, sender_ip=address)
            self.at(hour, "conn", address, proto="tcp", orig_pkts=1, resp_pkts=0, orig_l2_addr=mac)
        return self

    def leases(self, hour: float, mac: str, address: str = HERE, name: str | None = None) -> Days:
        self.at(hour, "dhcp", "0.0.0.0", msg_type="REQUEST", mac=mac, requested_addr=address, host_name=name)
        return self.at(hour + 0.001, "dhcp", "0.0.0.0", msg_type="ACK", mac=mac, assigned_addr=address)

    def images(self, serial: str, hours: range, address: str = HERE) -> Days:
        for hour in hours:
            told = {"calling_ae": "CT01", "called_ae": "PACS", "command": "C-STORE-RQ", "affected_sop_class_uid": CT}
            self.at(hour, "dicom_message", address, **(SOMATOM | told | {"serial": serial}))
            self.at(hour, "conn", address, proto="tcp", orig_pkts=1, resp_pkts=0, orig_l2_addr="00:1c:0e:00:00:01")
        return self


def held(traffic: Traffic) -> list[Tenure]:
    claimed = claims(RowLake(traffic.rows))
    return tenures(claimed, claims_for_others(claimed))


def who(traffic: Traffic) -> list[tuple[str, datetime]]:
    return [(t.place.partition("@")[2], t.since) for t in held(traffic)]


def assets_of(traffic: Traffic) -> list[Asset]:
    lake, holders = RowLake(traffic.rows), held(traffic)
    lake.place([(t.address, t.since, t.until, t.place) for t in holders])
    return inventory(observe(lake), Plan(), holders, lambda at: presence(lake, at))


def test_a_thief_for_an_hour_is_no_holder() -> None:
    t = Days().has(A, range(0, 100, 5))
    before = next(a for a in assets_of(t) if HERE in a.addresses)
    for second in range(0, 3600, 2):
        t.at(52 + second / 3600, "arp", HERE, sender_mac=(A, B)[second // 2 % 2], sender_ip=HERE)
    assert {holder for holder, _ in who(t)} == {A}
    after = next(a for a in assets_of(t) if HERE in a.addresses)
    assert (after.id, after.macs) == (before.id, (A,))


def test_an_address_that_two_always_fight_over_is_nobodys() -> None:
    t = Days()
    for n in range(100):
        t.at(n / 20, "arp", HERE, sender_mac=(A, B)[n % 2], sender_ip=HERE)
        t.at(n / 20, "conn", HERE, proto="tcp", orig_pkts=1, resp_pkts=0, orig_l2_addr=(A, B)[n % 2])
    assert who(t) == []
    assert next(a for a in assets_of(t) if HERE in a.addresses).confidence == 0.3


def test_forged_claims_of_an_address_behind_a_router_are_nobodys() -> None:
    t = Days().images("SN1", range(0, 60, 10)).images("SN2", range(100, 160, 10))
    before = assets_of(t)
    for n, hour in enumerate((12, 44, 75, 123)):
        t.at(hour, "arp", HERE, sender_mac=f"02:00:00:00:00:{n:02x}", sender_ip=HERE)
    assert {a.id: a.serial for a in assets_of(t) if a.serial} == {a.id: a.serial for a in before if a.serial}
    assert len(assets_of(t)) == len(before)


def test_an_address_passes_within_a_second_and_back() -> None:
    t = Days().has(A, range(0, 10)).has(B, range(10, 20)).has(A, range(20, 30))
    assert who(t) == [(A, who(t)[0][1]), (B, START + timedelta(hours=10)), (A, START + timedelta(hours=20))]


def test_who_got_another_lease_has_left_the_one_before() -> None:
    """Between the two that are known somebody was there whose lease nobody heard."""
    t = Days().leases(0, A).has(A, range(1, 3)).leases(10, A, "10.0.0.6").leases(30, B)
    for hour in (15, 20):
        t.at(hour, "conn", HERE, proto="tcp", orig_pkts=1, resp_pkts=0, orig_l2_addr="00:1c:0e:00:00:01")
    t.at(31, "conn", HERE, proto="tcp", orig_pkts=1, resp_pkts=0, orig_l2_addr="00:1c:0e:00:00:01")
    at = {a.macs: [s.place for s in a.stays] for a in assets_of(t)}
    assert at[A,] == [f"{HERE}@{A}", "10.0.0.6"]
    assert at[B,] == [f"{HERE}@{B}"]
    assert at[()] == [f"{HERE}@?"]


def test_laptops_on_one_docking_station_are_told_apart_by_their_names() -> None:
    t = Days()
    for day in range(8):
        docked, other = (("nb-1", A), ("nb-2", B)) if day % 2 else (("nb-2", B), ("nb-1", A))
        t.leases(day * 24, C, HERE, docked[0]).has(C, range(day * 24 + 1, day * 24 + 8))
        own = "10.0.1.1" if other[1] == A else "10.0.1.2"
        t.leases(day * 24, other[1], own, other[0]).has(other[1], range(day * 24 + 1, day * 24 + 8), own)
    found = {a.hostnames: a for a in assets_of(t)}
    assert set(found["nb-1",].macs) == {A, C}
    assert set(found["nb-2",].macs) == {B, C}
    assert {s.place for s in found["nb-1",].stays} == {f"{HERE}@{C}/nb-1", "10.0.1.1"}


def test_a_machine_that_was_renamed_is_one() -> None:
    t = Days()
    for day in range(8):
        t.leases(day * 24, A, HERE, "minint-7" if day == 4 else "pc-1" if day < 4 else "pc-2").has(A, range(day * 24 + 1, day * 24 + 8))
    assert held(t) == []
    assert len(assets_of(t)) == 1


def test_a_serial_number_that_takes_over_for_good_is_another_machine() -> None:
    t = Days().images("SN1", range(0, 60, 10)).images("SN2", range(100, 160, 10))
    assert who(t) == [("sn1", held(t)[0].since), ("sn2", START + timedelta(hours=100))]
    assert {a.serial: a.addresses for a in assets_of(t)} == {"SN1": (HERE,), "SN2": (HERE,)}
    assert not any(a.kind == "adapter" for a in assets_of(t))


def test_a_lake_that_names_places_already_tells_the_same_holders() -> None:
    t = (
        Days()
        .images("SN1", range(0, 60, 10))
        .images("SN2", range(100, 160, 10))
        .has(A, range(0, 9), "10.0.0.6")
        .has(B, range(9, 20), "10.0.0.6")
    )
    lake = RowLake(t.rows)
    before = claims(lake)
    lake.place([(h.address, h.since, h.until, h.place) for h in tenures(before)])
    assert claims(lake) == before


def test_a_device_that_comes_back_from_repair_is_itself() -> None:
    t = Days().images("SN1", range(0, 60, 10)).images("LENT", range(100, 160, 10)).images("SN1", range(200, 260, 10))
    assert [holder for holder, _ in who(t)] == ["sn1", "lent", "sn1"]
    assert sorted(a.serial for a in assets_of(t) if a.serial) == ["LENT", "SN1"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (range(0, 100, 10), range(5, 105, 10)),
        (range(0, 60, 10), range(100, 130, 10)),
        (range(0, 2), range(2, 12)),
    ],
    ids=["interleaved", "too seldom", "too short"],
)
def test_two_behind_an_adapter_are_not_in_turn(first: range, second: range) -> None:
    t = Days().images("SN1", first).images("SN2", second)
    assert held(t) == []


def test_where_the_mac_address_is_known_the_serial_number_does_not_split() -> None:
    assert held(Days().has(A, range(0, 160, 10)).images("SN1", range(0, 60, 10)).images("SN2", range(100, 160, 10))) == []


def test_what_an_archive_sends_on_is_not_its_own_serial_number() -> None:
    t = Days().images("SN1", range(0, 60, 10)).images("SN2", range(100, 160, 10))
    t.at(1, "dicom_message", "10.0.0.7", HERE, command="C-STORE-RQ", affected_sop_class_uid=CT)
    assert held(t) == []


def test_an_endpoint_that_takes_over_for_good_is_another_device() -> None:
    t = Days()
    for hour in range(0, 100, 10):
        name = f"urn:uuid:00000000-0000-4000-8000-{int(hour >= 50):012}"
        t.at(hour, "sdc", HERE, "239.255.255.250", transport="udp", action="Hello", endpoint=name)
        t.at(hour, "conn", HERE, proto="tcp", orig_pkts=1, resp_pkts=0)
    assert len({t.place for t in held(t)}) == 2
    assert len(assets_of(t)) == 2


def test_devices_behind_a_bridge_that_tell_who_they_are_are_several() -> None:
    t = Days()
    for n in range(3):
        address = f"10.0.0.{n + 1}"
        t.has(A, range(0, 60, 10), address).images(f"SN{n // 2}", range(0, 60, 10), address)
    assert {a.serial: a.addresses for a in assets_of(t) if a.serial} == {"SN0": ("10.0.0.1", "10.0.0.2"), "SN1": ("10.0.0.3",)}


def test_instruments_behind_one_terminal_server_that_say_their_numbers_are_several() -> None:
    t = Days().has(A, range(0, 60, 10))
    for hour in range(6):
        for serial in ("A1", "A2"):
            t.at(hour * 10, "astm", is_orig=True, manufacturer="Roche", model="c111", serial_number=serial)
    found = {a.serial: a for a in assets_of(t)}
    assert set(found) == {"", "A1", "A2"}
    assert (found[""].kind, found[""].macs) == ("adapter", (A,))
    assert {found["A1"].behind, found["A2"].behind} == {found[""].id}
    assert {found["A1"].kind, found["A2"].kind} == {"analyser"}


@pytest.mark.parametrize(
    ("kind", "taken", "uids", "many"), [("ORU", False, 2, 3), ("ORU", True, 2, 1), ("ADT", False, 2, 1), ("ORU", False, 1, 1)]
)
def test_monitors_behind_one_adapter_are_told_from_one_system_of_many_modules(kind: str, taken: bool, uids: int, many: int) -> None:
    """Observations only, nothing taken in, each over connections of its own: anything else is one computer."""
    t = Days().has(A, range(0, 60, 10))
    for hour in range(6):
        for n, application in enumerate(("BED1", "BED2")):
            told = {"is_ack": False, "sending_application": application, "sending_facility": "ICU", "message_type": kind}
            t.at(hour * 10, "hl7", uid=f"C{n % uids}", **told)
    if taken:
        t.at(1, "hl7", "10.0.0.9", HERE, uid="C9", is_ack=False, sending_application="KIS", message_type="ORM")
    assert len([a for a in assets_of(t) if HERE in a.addresses]) == many


def test_forged_hellos_join_no_two_machines_through_one_that_is_none() -> None:
    t = Days().has(A, range(0, 60, 10), "10.0.0.1").has(B, range(0, 60, 10), "10.0.0.2").has(C, range(5, 6), "10.0.3.1")
    for endpoint, victim in (("urn:1", "10.0.0.1"), ("urn:2", "10.0.0.2")):
        for hour, source in (*((5.1, "10.0.3.1") for _ in range(5)), (20, victim)):
            t.at(hour, "sdc", source, "239.255.255.250", transport="udp", action="Hello", endpoint=endpoint)
    assert not any({A, B} <= set(a.macs) for a in assets_of(t))


def test_two_servers_of_one_certificate_are_two_even_if_one_rests() -> None:
    t = Days()
    for mac, address, hours in ((A, "10.0.0.1", range(0, 50, 5)), (B, "10.0.0.2", range(50, 100, 5))):
        t.has(mac, hours, address)
        for hour in hours:
            t.at(hour, "x509", "10.0.0.9", address, fingerprint="f" * 64, host_cert=True, client_cert=False)
    assert len([a for a in assets_of(t) if a.macs]) == 2


@pytest.mark.parametrize("text", ["", " ", "0", "0000", "1", "1111", "12345", "0123456789", "XXXXX", "N/A", "Serial Number", "---"])
def test_what_stands_where_no_serial_number_was_entered(text: str) -> None:
    assert not is_serial(text)


@pytest.mark.parametrize("text", ["SN13363", "722078", "10", "12346", "S-1", "0600100736"])
def test_a_serial_number(text: str) -> None:
    assert is_serial(text)
