"""The verbs and the commands: saved once, journalled when changed, shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asepsis.hospital import service
from asepsis.hospital.commands import app
from asepsis.journal.service import entries
from asepsis.kit import command
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.site import Site

from .rows import RowLake, Traffic, adapter_hospital


def test_the_inventory_is_saved_and_taken_again_changes_nothing(store: Site) -> None:
    lake = RowLake(adapter_hospital().rows)
    found = service.take_inventory(store, lake)
    assert service.assets(store) == found
    assert service.take_inventory(store, lake) == found
    acts = [e for e in entries(store) if e.act == "hospital.inventory"]
    assert len(acts) == 1


def test_the_saved_set_is_replaced(store: Site) -> None:
    service.take_inventory(store, RowLake(adapter_hospital().rows))
    service.take_inventory(store, RowLake(Traffic().conn("10.0.0.5", "10.0.0.6", 80, "http").rows))
    assert {a.addresses for a in service.assets(store)} == {("10.0.0.5",), ("10.0.0.6",)}


def test_one_asset_by_the_beginning_of_its_id(store: Site) -> None:
    found = service.take_inventory(store, RowLake(adapter_hospital().rows))
    assert service.asset(store, found[0].id[:8]) == found[0]
    for wrong in ("a-", "a-zzz", ""):
        with pytest.raises(WrongUse):
            service.asset(store, wrong)


def test_an_id_from_when_less_was_known_still_leads_to_the_asset(store: Site) -> None:
    flow = Traffic().conn("10.0.0.5", "10.0.0.6", 80, "http")
    before = next(a for a in service.take_inventory(store, RowLake(flow.rows)) if a.addresses == ("10.0.0.5",))
    service.take_inventory(store, RowLake(flow.arp("00:1b:21:00:00:0a", "10.0.0.5").rows))
    after = service.asset(store, before.id)
    assert after.id != before.id
    assert (after.addresses, after.macs) == (("10.0.0.5",), ("00:1b:21:00:00:0a",))
    assert service.asset(store, before.id[:8]) == after


def test_a_wrong_site_toml_keeps_the_inventory_from_being_taken(store: Site) -> None:
    (store.path / "site.toml").write_text("[[zones]]\nname = 1\n")
    with pytest.raises(BadInput, match=r"site\.toml:2"):
        service.take_inventory(store, RowLake([]))


def test_the_commands_show_assets(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    found = service.take_inventory(store, RowLake(adapter_hospital().rows))
    mr = next(a for a in found if a.kind == "MR")
    at = ["--site", str(store.path)]
    assert command.run(app, ["list", *at, "--json"], "assets") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [a["id"] for a in listed] == [a.id for a in found]
    assert command.run(app, ["list", *at, "--kind", "mr"], "assets") == 0
    assert "SIGNA Architect" in capsys.readouterr().out
    assert command.run(app, ["list", *at, "--kind", "nosuch"], "assets") == 0
    said = capsys.readouterr().out
    assert "No asset of kind 'nosuch'" in said
    assert "MR" in said
    assert "assess" not in said
    assert command.run(app, ["show", mr.id, *at], "assets") == 0
    shown = capsys.readouterr().out
    assert "SN13363" in shown
    assert "dicom_message" in shown
    assert command.run(app, ["show", mr.id, *at, "--json"], "assets") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "SIGNA Architect"
    assert command.run(app, ["show", "a-nothing", *at], "assets") == 2
    assert "no such asset" in capsys.readouterr().err


def test_show_names_the_event_of_each_fact_and_of_each_reason_of_identity(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    moved, ct = Traffic(), "1.2.840.10008.5.1.4.1.1.2"
    for address in ("10.0.0.5", "10.0.1.5"):
        made = {"modality": "CT", "manufacturer": "SIEMENS", "model": "SOMATOM Force", "serial": "SN7"}
        moved.dicom(address, "10.0.0.9", "CT01", "PACS", [ct]).store(address, "10.0.0.9", "CT01", "PACS", made, ct)
    (asset,) = [a for a in service.take_inventory(store, RowLake(moved.rows)) if a.kind == "CT"]
    stores = [str(row["event_id"]) for stream, row in moved.rows if stream == "dicom_message"]
    assert command.run(app, ["show", asset.id, "--site", str(store.path)], "assets") == 0
    why, _, facts = capsys.readouterr().out.rpartition("fact ")
    assert f"serial number SIEMENS SN7 (events {stores[0]}, {stores[2]})." in why
    events = {line.split()[0]: line.split()[-1] for line in facts.splitlines()[2:] if line.strip()}
    assert events.keys() >= {"serial", "model", "kind", "ae_title"}
    assert set(events.values()) <= {str(row["event_id"]) for _, row in moved.rows}


def test_an_empty_site_says_what_to_do_next(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(app, ["list", "--site", str(store.path)], "assets") == 0
    assert "asepsis assess" in capsys.readouterr().out


def test_no_site_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(app, ["list", "--site", str(tmp_path / "none")], "assets") == 3
    assert capsys.readouterr().err.count("\n") == 1
