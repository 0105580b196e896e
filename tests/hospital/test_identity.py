"""Which addresses are one machine, and which MAC stands before others."""

from __future__ import annotations

from asepsis.hospital.identity import asset_id, hosts
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan

from .rows import RowLake, Traffic

A, B, C = "00:1b:21:00:00:0a", "00:1b:21:00:00:0b", "00:1b:21:00:00:0c"


def seen_of(traffic: Traffic):  # type: ignore[no-untyped-def]
    seen = observe(RowLake(traffic.rows))
    found, relays = hosts(seen, Plan())
    return {h.addresses: h for h in found}, {r.mac: r for r in relays}


def test_a_mac_in_a_frame_is_no_identity_until_arp_shows_it() -> None:
    found, relays = seen_of(Traffic().conn("10.0.0.1", "10.0.0.2", 80, "http", (A, B)).arp(B, "10.0.0.2"))
    assert (found["10.0.0.1",].mac, found["10.0.0.1",].frame_mac) == ("", A)
    assert found["10.0.0.2",].mac == B
    assert relays == {}


def test_addresses_that_arp_shows_for_one_mac_are_one_machine() -> None:
    found, _ = seen_of(Traffic().arp(A, "10.0.0.1").arp(A, "10.0.0.3"))
    assert list(found) == [("10.0.0.1", "10.0.0.3")]


def test_arp_answers_for_many_addresses_are_answers_for_others() -> None:
    t = Traffic()
    for n in range(6):
        t.arp(A, f"10.0.0.{n + 1}").conn(f"10.0.0.{n + 1}", "10.0.1.1", 80, "http", (A, B))
    found, relays = seen_of(t)
    assert len(found) == 7
    assert all(h.mac == "" for h in found.values())
    assert len(relays[A].before) == 6


def test_a_mac_before_outside_addresses_is_a_router() -> None:
    t = Traffic().arp(B, "10.0.0.1").arp(A, "10.0.0.5").conn("10.0.0.5", "8.8.8.8", 443, "ssl", (A, B))
    found, relays = seen_of(t)
    assert found["10.0.0.1",].mac == B
    assert (relays[B].before, relays[B].routed) == (("8.8.8.8",), True)
    assert A not in relays


def test_an_address_that_two_macs_claim_is_neithers() -> None:
    found, _ = seen_of(Traffic().arp(A, "10.0.0.1").arp(B, "10.0.0.1").arp(B, "10.0.0.2"))
    assert found["10.0.0.1",].contested
    assert found["10.0.0.1",].mac == ""
    assert found["10.0.0.2",].mac == B


def test_a_machine_that_changed_its_address_is_no_router() -> None:
    in_turn = Traffic().conn("10.0.0.1", "10.0.0.9", 80, "http", (A, C)).conn("10.0.0.2", "10.0.0.9", 80, "http", (A, C))
    assert A not in seen_of(in_turn)[1]
    at_once = in_turn.conn("10.0.0.1", "10.0.0.9", 80, "http", (A, C))
    assert A in seen_of(at_once)[1]


def test_an_ipv6_address_made_from_a_mac_belongs_to_it() -> None:
    found, _ = seen_of(Traffic().arp(A, "10.0.0.1").conn("fd00::21b:21ff:fe00:a", "fd00::1", 80, "http", (A, None)))
    assert ("10.0.0.1", "fd00::21b:21ff:fe00:a") in found


def test_group_and_zero_macs_are_ignored() -> None:
    found, relays = seen_of(Traffic().arp("ff:ff:ff:ff:ff:ff", "10.0.0.1").arp("00:00:00:00:00:00", "10.0.0.1").arp("?", "10.0.0.1"))
    assert found["10.0.0.1",].mac == ""
    assert relays == {}


def test_an_id_depends_on_identity_not_on_spelling() -> None:
    assert asset_id("serial", "GE MEDICAL  SYSTEMS", "SN1") == asset_id("serial", "ge medical systems", "sn1")
    assert asset_id("serial", "a", "b") != asset_id("serial", "ab", "")
    assert len(asset_id("x")) == 12
