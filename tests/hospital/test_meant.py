"""Which machine an entry of site.toml means where its keys lead to different ones, and what is said of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from asepsis.hospital.asset import Asset
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe
from asepsis.hospital.site_toml import read_plan

from .rows import CT, ECHO, SIGNA, SOMATOM, RowLake, Traffic, adapter_hospital
from .rows import MR as MR_STORAGE

MR_MAC, CT_MAC, OTHER = "00:1b:21:00:00:0a", "00:1b:21:00:00:0b", "00:1b:21:00:00:0c"
MR, SCANNER, PACS = "10.0.0.5", "10.0.0.6", "10.0.0.9"


def two_scanners() -> Traffic:
    t = Traffic().arp(MR_MAC, MR).arp(CT_MAC, SCANNER)
    for _ in range(3):
        t.dicom(MR, PACS, "MR01", "PACS", [ECHO], (MR_MAC, None)).store(MR, PACS, "MR01", "PACS", SIGNA, MR_STORAGE)
        t.dicom(SCANNER, PACS, "CT01", "PACS", [ECHO], (CT_MAC, None)).store(SCANNER, PACS, "CT01", "PACS", SOMATOM, CT)
    return t.conn("10.0.0.7", PACS, 443, "ssl")


def stated(tmp_path: Path, text: str, traffic: Traffic | None = None) -> list[Asset]:
    (tmp_path / "site.toml").write_text(text)
    return inventory(observe(RowLake((traffic or two_scanners()).rows)), read_plan(tmp_path / "site.toml"))


def entry(**keys: str) -> str:
    return "[[assets]]\n" + "".join(f"{key} = '{value}'\n" for key, value in keys.items())


def only(found: list[Asset], name: str = "it") -> Asset:
    (asset,) = (asset for asset in found if asset.name == name)
    return asset


@pytest.mark.parametrize(
    ("keys", "where", "said"),
    [
        ({"address": MR, "mac": OTHER}, MR, f"Its network card is stated to be {OTHER}, and was seen to be {MR_MAC}."),
        ({"address": MR, "serial": "X1"}, MR, "Its serial number is stated to be X1, and was seen to be SN13363."),
        ({"address": "10.0.0.99", "mac": MR_MAC}, MR, f"It is stated to be at 10.0.0.99, and was seen at {MR}."),
        ({"address": SCANNER, "mac": MR_MAC}, MR, f"It is stated to be at {SCANNER}, and was seen at {MR}."),
        ({"address": SCANNER, "serial": "sn13363"}, MR, f"It is stated to be at {SCANNER}, and was seen at {MR}."),
        ({"address": "10.0.0.99", "ae": "CT01"}, SCANNER, f"It is stated to be at 10.0.0.99, and was seen at {SCANNER}."),
        ({"address": MR, "ae": "CT01"}, SCANNER, f"It is stated to be at {MR}, and was seen at {SCANNER}."),
        ({"serial": "SN13363", "ae": "CT01"}, MR, "It is stated to go by the AE title CT01, and goes by MR01."),
    ],
)
def test_the_strongest_key_that_was_seen_tells_the_machine_and_the_others_contradict(
    tmp_path: Path, keys: dict[str, str], where: str, said: str
) -> None:
    before = stated(tmp_path, "")
    found = stated(tmp_path, entry(name="it", **keys))
    assert len(found) == len(before), "no second machine is made of it"
    asset = only(found)
    assert (asset.addresses, asset.contradictions) == ((where,), (said,))
    assert said in asset.why
    assert asset.confidence < 1


@pytest.mark.parametrize(
    "keys", [{"address": MR, "mac": MR_MAC}, {"address": "10.0.0.7", "mac": OTHER}, {"address": "10.0.0.7", "ae": "A"}]
)
def test_what_was_not_seen_contradicts_nothing(tmp_path: Path, keys: dict[str, str]) -> None:
    asset = only(stated(tmp_path, entry(name="it", **keys)))
    assert (asset.addresses, asset.contradictions) == ((keys["address"],), ())


def test_a_machine_that_moved_was_where_it_is_stated(tmp_path: Path) -> None:
    moved = Traffic().arp(MR_MAC, MR).conn(MR, PACS, 443, "ssl", (MR_MAC, None)).arp(MR_MAC, "10.0.0.50")
    moved.conn("10.0.0.50", PACS, 443, "ssl", (MR_MAC, None))
    assert only(stated(tmp_path, entry(name="it", mac=MR_MAC, address=MR), moved)).contradictions == ()


def test_the_one_that_stands_in_and_is_silent_does_not_contradict(tmp_path: Path) -> None:
    pair = entry(name="it", ae="CT01", address=SCANNER) + entry(name="spare", ae="CT01", address="10.0.0.60")
    found = stated(tmp_path, pair)
    assert only(found).contradictions == only(found, "spare").contradictions == ()
    assert only(found, "spare").first_seen is None


def test_behind_an_adapter_stands_more_than_was_heard(tmp_path: Path) -> None:
    found = stated(tmp_path, entry(name="it", address="10.10.0.1", ae="US9", kind="ultrasound"), adapter_hospital())
    assert only(found).first_seen is None
    assert [asset.contradictions for asset in found if asset.contradictions] == []


def test_entries_in_any_order_mean_the_same(tmp_path: Path) -> None:
    entries = [entry(name="it", address=MR, mac=OTHER), entry(name="ct", ae="CT01", address=MR), entry(name="no", address=MR, ae="Z")]
    there, back = (stated(tmp_path, "".join(order)) for order in (entries, entries[::-1]))
    assert {(a.id, a.contradictions) for a in there} == {(a.id, a.contradictions) for a in back}


@pytest.mark.parametrize(
    ("told", "counts", "said"),
    [
        ("clinical_class = 'none'", "none", "which is of class monitor; stated is class none: one of the two is wrong."),
        ("clinical_class = 'none'\nkind = 'CT'", "none", "which is of class monitor; stated is class none"),
        ("clinical_class = 'none'\nkind = 'printer'", "none", "stated is printer: one of the two is wrong."),
        ("clinical_class = 'life'", "life", ""),
        ("clinical_class = 'monitor'", "monitor", ""),
        ("owner = 'radiology'", "monitor", ""),
    ],
)
def test_a_class_stated_lower_than_what_was_seen_counts_and_is_said(tmp_path: Path, told: str, counts: str, said: str) -> None:
    asset = only(stated(tmp_path, entry(name="it", serial="SN36170") + told))
    assert asset.clinical_class == counts
    assert [said in sentence for sentence in asset.contradictions] == [True] * bool(said)


def test_what_may_be_another_machine_is_not_taken_for_less_than_it_was_seen_to_be(tmp_path: Path) -> None:
    doubtful = only(stated(tmp_path, entry(name="it", address=SCANNER, mac=OTHER, clinical_class="none")))
    assert (doubtful.clinical_class, doubtful.class_source) == ("monitor", "kind CT; what is stated may be another machine's")
    raised = only(stated(tmp_path, entry(name="it", address=SCANNER, mac=OTHER, clinical_class="life")))
    assert (raised.clinical_class, raised.class_source) == ("life", "stated")
