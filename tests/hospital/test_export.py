"""The inventory for other programs, and what the tables do not know."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from asepsis.hospital import service
from asepsis.hospital.asset import Asset
from asepsis.hospital.commands import app
from asepsis.hospital.export import COLUMNS, as_csv, as_cyclonedx
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan
from asepsis.hospital.unknown import unknown
from asepsis.kit import command
from asepsis.kit.output import iso
from asepsis.kit.site import Site

from .rows import MR, SIGNA, RowLake, Traffic, adapter_hospital

ASSETS = inventory(observe(RowLake(adapter_hospital().rows)), Plan())


def test_a_line_an_asset_as_a_spreadsheet_reads_it() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(ASSETS))))
    assert [row["id"] for row in rows] == [a.id for a in ASSETS]
    assert tuple(rows[0]) == COLUMNS
    mr = next(row for row in rows if row["kind"] == "MR")
    assert (mr["manufacturer"], mr["serial"], mr["addresses"]) == ("GE MEDICAL SYSTEMS", "SN13363", "10.10.0.1")


def test_no_name_becomes_a_formula() -> None:
    evil = replace(ASSETS[0], name='=HYPERLINK("http://x")', owner="@SUM(A1)", model="-1+1", zone="plain, with comma")
    row = next(csv.DictReader(io.StringIO(as_csv([evil]))))
    assert (row["name"], row["owner"], row["model"]) == ('\'=HYPERLINK("http://x")', "'@SUM(A1)", "'-1+1")
    assert row["zone"] == "plain, with comma"


def test_cyclonedx_has_a_device_for_each() -> None:
    bom = as_cyclonedx(ASSETS)
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert [(c["type"], c["bom-ref"]) for c in bom["components"]] == [("device", a.id) for a in ASSETS]
    mr = next(c for c in bom["components"] if c["name"] == "SIGNA Architect")
    assert (mr["manufacturer"], mr["version"]) == ({"name": "GE MEDICAL SYSTEMS"}, "29.1")
    assert {"name": "asepsis:serial", "value": "SN13363"} in mr["properties"]
    assert all(set(c) <= {"type", "bom-ref", "name", "manufacturer", "version", "properties"} for c in bom["components"])


def strange() -> Traffic:
    t = Traffic().arp("f0:f0:f0:00:00:01", "10.0.0.1")
    t.dicom(
        "10.0.0.1", "10.0.0.9", "ZZTEST", "PACS", [MR], calling_implementation_class_uid="9.9.1", calling_implementation_version="NEW_1"
    )
    t.store("10.0.0.1", "10.0.0.9", "ZZTEST", "PACS", SIGNA | {"model": "Nosuch 9"}, MR)
    return t.add(
        "dhcp", mac="f0:f0:f0:00:00:01", msg_type="REQUEST", host_name="zztest-host", vendor_class="NEWVENDOR 3", fingerprint="1,3"
    )


def test_what_the_tables_do_not_know_is_exported_without_names_and_addresses() -> None:
    found = unknown(observe(RowLake(strange().rows)))
    assert {(u.table, u.seen, u.machines) for u in found} == {
        ("dicom_implementations", "9.9.1 NEW_1", 1),
        ("models", "GE MEDICAL SYSTEMS Nosuch 9", 1),
        ("dhcp_vendor_classes", "NEWVENDOR 3", 1),
        ("oui", "f0:f0:f0", 1),
    }
    told = json.dumps([(u.table, u.seen, u.beside) for u in found])
    assert not any(secret in told for secret in ("10.0.0", "ZZTEST", "zztest", "SN13363", "00:00:01"))


def test_of_what_makers_say_the_names_and_addresses_of_this_site_are_left_out() -> None:
    t = strange().arp("f0:f0:f0:00:00:02", "10.9.5.2").add("dhcp", mac="f0:f0:f0:00:00:02", msg_type="REQUEST", host_name="ws-ilse")
    t.dicom(
        "10.9.5.2", "10.0.0.9", "ILSE_AE", "PACS", [MR],
        calling_implementation_class_uid="9.9.2", calling_implementation_version="WS_10.9.5.2",
    )  # fmt: skip
    for model in ("Scan 7 at 10.9.5.5", "Scan 7 of ILSE_AE", "Scan 7 (ws-ilse.hospital.test)", "Scan 7 fe80::1 ilse@hospital.test"):
        t.store("10.9.5.2", "10.0.0.9", "ILSE_AE", "PACS", SIGNA | {"model": model, "serial": "SER-4711"}, MR)
    told = json.dumps([(u.table, u.seen, u.beside) for u in unknown(observe(RowLake(t.rows)))])
    assert "GE MEDICAL SYSTEMS Scan 7 at *" in told
    assert "9.9.2 WS_*" in told
    assert not any(secret in told.casefold() for secret in ("10.9.5", "ilse", "4711", "fe80"))


def test_the_same_inventory_is_the_same_document(store: Site) -> None:
    found = service.take_inventory(store, RowLake(adapter_hospital().rows))
    assert as_cyclonedx(found) == as_cyclonedx(found)
    assert as_cyclonedx(found)["metadata"]["timestamp"] == iso(max(a.last_seen for a in found if a.last_seen).replace(microsecond=0))
    assert "timestamp" not in as_cyclonedx([Asset("A1", "MR01", "MR", 1.0, "monitor", "stated", 1.0)])["metadata"]


@pytest.mark.parametrize("format", ["csv", "json", "cyclonedx"])
def test_the_command_writes_every_format(store: Site, capsys: pytest.CaptureFixture[str], format: str) -> None:
    found = service.take_inventory(store, RowLake(adapter_hospital().rows))
    assert command.run(app, ["export", "--format", format, "--site", str(store.path)], "assets") == 0
    told = capsys.readouterr().out
    assert all(a.id in told for a in found)
    if format != "csv":
        json.loads(told)


def test_nothing_unknown_is_said(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(app, ["unknown", "--site", str(store.path)], "assets") == 0
    assert "Nothing was seen" in capsys.readouterr().out
