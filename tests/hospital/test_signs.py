"""What machines say of their make: DICOM software, network card, operating system."""

from __future__ import annotations

import re
from datetime import date

import pytest

from asepsis.hospital.dicom_software import implementation, named
from asepsis.hospital.inventory import inventory
from asepsis.hospital.kinds import table
from asepsis.hospital.network_card import card, is_made_up, maker_of
from asepsis.hospital.observations import observe
from asepsis.hospital.site_toml import Plan
from asepsis.hospital.systems import supported

from .rows import RowLake, Traffic

DCMTK = "1.2.276.0.7230010.3.0.3"


@pytest.mark.parametrize(
    ("uid", "version", "product"),
    [
        (DCMTK + ".6.7", "OFFIS_DCMTK_367", "DCMTK"),
        ("1.2.826.0.1.3680043.9.3811.2.0.2", "PYNETDICOM_202", "pynetdicom"),
        (None, "pynetdicom_202", "pynetdicom"),
    ],
)
def test_software_by_its_uid_or_its_version_name(uid: str | None, version: str, product: str) -> None:
    row = implementation(uid, version)
    assert row
    assert row["product"] == product


def test_a_root_ends_at_a_dot_and_the_version_name_beats_another_ones_root() -> None:
    assert implementation(DCMTK + "9.1", None) != implementation(DCMTK + ".9.1", None)
    both = implementation("1.2.276.0.7238010.5.0.3.5.4", "OSIRIX_361")
    assert both
    assert "OsiriX" in both["product"]
    assert implementation(None, None) is None
    assert implementation("9.9.9", "NOBODY") is None
    assert named("9.9.9", "NOBODY") == "NOBODY"


def test_a_network_card_by_the_longest_block() -> None:
    longest = max((row for row in table("oui")), key=lambda row: len(row["prefix"]))
    mac = (longest["prefix"] + "0:00:00:00")[:17] if len(longest["prefix"]) > 8 else longest["prefix"] + ":00:00:01"
    assert maker_of(mac) == longest["organisation"]
    assert card("ff:ff:ff:00:00:01") is None
    assert is_made_up("02:00:00:00:00:01")
    assert maker_of("da:a1:19:00:00:01") == ""


def test_a_system_and_until_when_it_is_mended() -> None:
    t = (
        Traffic()
        .add("http", "10.0.0.5", "10.0.0.9", 80, user_agent="Mozilla/5.0 (Windows NT 5.1) Firefox/52.0")
        .conn("10.0.0.5", "10.0.0.9", 80, "http")
    )
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert {a.value for a in found.attributes if a.name == "system"} == {"Windows XP"}
    support = supported("Windows XP")
    assert support
    assert support.end == date(2014, 4, 8)
    assert supported("Windows") is None


def test_every_system_of_a_sign_has_dates_or_is_a_family() -> None:
    families = {row["system"] for row in table("os_signs") if supported(row["system"]) is None}
    assert not {name for name in families if re.search(r"\b\d", name)}


def test_a_device_tells_its_type_over_sdc() -> None:
    row = next(r for r in table("sdc_types") if r["kind"] == "infusion pump")
    t = Traffic().add(
        "sdc", "10.0.0.5", "239.255.255.250", 3702, transport="udp", action="Hello", scopes=[f"sdc.cdc.type:///{row['code']}"]
    )
    t.conn("10.0.0.5", "10.0.0.9", 80, "http")
    found = next(a for a in inventory(observe(RowLake(t.rows)), Plan()) if "10.0.0.5" in a.addresses)
    assert (found.kind, found.clinical_class) == ("infusion pump", "life")


@pytest.mark.parametrize("service", ["tds", "tds,ssl", "tns", "postgresql", "mysql,ssl", "mongodb"])
def test_a_database_that_is_named_by_what_it_says_is_one(service: str) -> None:
    t = Traffic().conn("10.0.0.5", "10.0.0.9", 14330, service)
    (asset,) = [a for a in inventory(observe(RowLake(t.rows)), Plan()) if a.addresses == ("10.0.0.9",)]
    assert asset.kind == "database"
