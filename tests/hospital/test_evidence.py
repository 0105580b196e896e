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
