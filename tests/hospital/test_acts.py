"""What people say of assets: merged, split, set; journalled, and undone by one command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asepsis.hospital import service
from asepsis.hospital.commands import app
from asepsis.journal.service import entries
from asepsis.kit import command
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

from .rows import MR, SIGNA, RowLake, Traffic

A, B = "00:1b:21:00:00:0a", "00:1b:21:00:00:0b"


def traffic() -> Traffic:
    t = Traffic().arp(A, "10.0.0.1").arp(A, "10.0.0.2").arp(B, "10.0.0.3").conn("10.0.0.3", "10.0.0.1", 80, "http", (B, A))
    t.dicom("10.0.0.1", "10.0.0.9", "MR01", "PACS", [MR]).store("10.0.0.1", "10.0.0.9", "MR01", "PACS", SIGNA, MR)
    return t.dicom("10.0.0.1", "10.0.0.9", "VIEW", "PACS", [MR])


def take(site: Site) -> dict[str, service.Asset]:
    return {a.addresses[0]: a for a in service.take_inventory(site, RowLake(traffic().rows)) if a.addresses}


def test_merged_assets_are_one_until_it_is_undone(store: Site) -> None:
    before = take(store)
    act = service.merge(store, [before["10.0.0.1"].id, before["10.0.0.3"].id])
    after = take(store)
    assert after["10.0.0.1"].addresses == ("10.0.0.1", "10.0.0.2", "10.0.0.3")
    assert set(after["10.0.0.1"].macs) == {A, B}
    assert any(f"act {act.n}" in why for why in after["10.0.0.1"].why)
    assert service.undo(store).n == act.n
    assert take(store) == before


def test_what_was_taken_off_is_a_machine_by_itself_until_it_is_undone(store: Site) -> None:
    before = take(store)
    for what, off in (("10.0.0.2", ("10.0.0.2",)), ("VIEW", ("10.0.0.1", "10.0.0.2"))):
        service.split(store, before["10.0.0.1"].id, what)
        found = service.take_inventory(store, RowLake(traffic().rows))
        assert len(found) == len(before) + 1
        new = next(a for a in found if a.id not in {b.id for b in before.values()})
        assert new.addresses == off
        assert len({a.id for a in found}) == len(found)
        assert next(a for a in found if a.serial).id == before["10.0.0.1"].id
        service.undo(store)
    assert take(store) == before


def test_of_a_merge_and_a_split_the_later_holds(store: Site) -> None:
    before = take(store)
    service.merge(store, [before["10.0.0.1"].id, before["10.0.0.3"].id])
    merged = take(store)["10.0.0.1"]
    service.split(store, merged.id, "10.0.0.3")
    assert {a.addresses for a in take(store).values()} == {a.addresses for a in before.values()}
    service.merge(store, [before["10.0.0.1"].id, take(store)["10.0.0.3"].id])
    assert take(store)["10.0.0.1"].addresses == merged.addresses
    service.undo(store)
    service.undo(store)
    assert take(store)["10.0.0.1"].addresses == merged.addresses


def test_an_act_is_undone_once_however_many_do_it_at_once(store: Site) -> None:
    act = service.set_(store, take(store)["10.0.0.1"].id, {"name": "MR"})
    read = service.acts
    with pytest.MonkeyPatch.context() as patch:
        # Another has read the acts and is about to undo the same.
        patch.setattr(service, "acts", lambda site: (read(site), patch.undo(), service.undo(site, act.n))[0])
        with pytest.raises(WrongUse, match="undone already"):
            service.undo(store, act.n)
    assert [e.act for e in entries(store)].count("hospital.undo") <= 1


def test_what_is_set_beats_what_was_seen(store: Site) -> None:
    mr = take(store)["10.0.0.1"]
    service.set_(store, mr.id, {"name": "MR room 2", "kind": "ct", "clinical_class": "life", "owner": "radiology"})
    told = take(store)["10.0.0.1"]
    assert (told.name, told.kind, told.clinical_class, told.owner) == ("MR room 2", "CT", "life", "radiology")
    assert any("one of the two is wrong" in why for why in told.why)
    service.set_(store, told.id, {"clinical_class": "monitor"})
    assert take(store)["10.0.0.1"].clinical_class == "monitor"
    service.undo(store, 1)
    assert (take(store)["10.0.0.1"].name, take(store)["10.0.0.1"].clinical_class) == (mr.name, "monitor")


def test_an_act_holds_when_the_id_changes(store: Site) -> None:
    before = {a.addresses[0]: a for a in service.take_inventory(store, RowLake(Traffic().conn("10.0.0.1", "10.0.0.9", 80, "http").rows))}
    service.set_(store, before["10.0.0.1"].id, {"owner": "radiology"})
    after = take(store)
    assert after["10.0.0.1"].id != before["10.0.0.1"].id
    assert after["10.0.0.1"].owner == "radiology"


def test_acts_are_journalled_without_free_text(store: Site) -> None:
    mr = take(store)["10.0.0.1"]
    service.set_(store, mr.id, {"name": "ZZTEST^ROOM", "kind": "CT"})
    service.undo(store)
    told = [e for e in entries(store) if e.act in ("hospital.set", "hospital.undo")]
    assert [e.act for e in told] == ["hospital.set", "hospital.undo"]
    assert all(e.subject == mr.id for e in told)
    assert "ZZTEST" not in store.journal.joinpath("journal.jsonl").read_text()


@pytest.mark.parametrize(
    "act",
    [
        "merge ID",
        "split ID 10.9.9.9",
        "split ID 00:1b:21:00:00:0a",
        "set ID",
        "set ID --name R\udcf6",
        "set ID --name \x1b[31mX",
        "set \udcff",
        "set ID --kind toaster",
        "undo",
        "undo 7",
    ],
)
def test_what_cannot_be_said_is_refused_in_one_line(store: Site, capsys: pytest.CaptureFixture[str], act: str) -> None:
    mr = take(store)["10.0.0.1"]
    said = [mr.id if word == "ID" else word for word in act.split()]
    assert command.run(app, [*said, "--site", str(store.path)], "assets") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert service.acts(store) == []


def test_the_commands_show_what_became_of_it(site: Site, capsys: pytest.CaptureFixture[str], capture: Any) -> None:
    from asepsis.lake.service import ingest, open_lake

    ingest(site, [capture(50_002)])
    with open_lake(site) as lake:
        found = service.take_inventory(site, lake)
    at = ["--site", str(site.path)]
    assert command.run(app, ["set", found[0].id, "--class", "life", *at], "assets") == 0
    assert "asepsis assets undo 1" in capsys.readouterr().out
    assert command.run(app, ["acts", "--json", *at], "assets") == 0
    assert json.loads(capsys.readouterr().out)[0]["values"] == {"clinical_class": "life"}
    assert command.run(app, ["merge", *(a.id for a in found[:2]), *at, "--json"], "assets") == 0
    assert json.loads(capsys.readouterr().out)["verb"] == "merge"
    assert len(service.assets(site)) == len(found) - 1
    assert command.run(app, ["undo", *at], "assets") == 0
    assert len(service.assets(site)) == len(found)


def test_an_unknown_asset_is_wrong_use(store: Site) -> None:
    with pytest.raises(WrongUse):
        service.merge(store, ["a-1", "a-2"])
