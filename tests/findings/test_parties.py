"""How a machine stands in a sentence."""

from __future__ import annotations

import pytest

from asepsis.findings.parties import Party
from asepsis.findings.posture import opening
from asepsis.hospital.asset import Asset


def party(name: str, address: str = "10.0.0.5", kind: str = "workstation", confidence: float = 0.9) -> Party:
    return Party(address, (Asset("A1", name, kind, confidence, "none", "", 1.0),))


@pytest.mark.parametrize(
    ("name", "placed", "on"),
    [
        ("MR01", "MR01 (10.0.0.5)", "MR01 (10.0.0.5, port 104)"),
        ("Workstation (WS1, 10.0.0.5)", "the workstation (WS1, 10.0.0.5)", "the workstation (WS1, 10.0.0.5, port 104)"),
        # It goes by another address than the one that this is about.
        ("Workstation (10.0.0.99)", "the workstation (10.0.0.99) (10.0.0.5)", "the workstation (10.0.0.99) (10.0.0.5, port 104)"),
        ("Unknown machine 10.0.0.5", "the unknown machine 10.0.0.5", "the unknown machine 10.0.0.5 (port 104)"),
    ],
)
def test_an_address_stands_there_once(name: str, placed: str, on: str) -> None:
    kind = "unknown" if name.startswith("Unknown") else "workstation"
    told = party(name, kind=kind)
    assert (told.placed, told.on(104)) == (placed, on)


def test_an_address_that_begins_another_is_not_that() -> None:
    assert party("Unknown machine 10.0.0.51", "10.0.0.5", "unknown").placed == "the unknown machine 10.0.0.51 (10.0.0.5)"


def test_addresses_beside_a_name_are_few() -> None:
    many = [f"10.0.1.{n}" for n in range(9)]
    assert party("MR01").seen_at(["10.0.0.5", *many]) == "MR01 (10.0.0.5, 10.0.1.0, 10.0.1.1, 10.0.1.2, 10.0.1.3)"


def test_a_sentence_begins_large_and_counts_several() -> None:
    one, other = party("Workstation (10.0.0.5)"), party("PACS (10.0.0.6)", "10.0.0.6", "PACS")
    assert opening([one], "computer") == "The workstation (10.0.0.5)"
    assert opening([one, other], "computer") == "2 computers (the workstation (10.0.0.5), PACS (10.0.0.6))"
    assert opening([one, other]) == "The workstation (10.0.0.5), PACS (10.0.0.6)"


@pytest.mark.parametrize(("source", "stated"), [("stated kind scanner", True), ("stated", True), ("kind scanner", False), ("", False)])
def test_what_a_machine_does_is_not_what_the_hospital_says_of_it(source: str, stated: bool) -> None:
    assert Party("10.0.0.5", (Asset("A1", "manage", "scanner", 0.3, "none", source, 1.0),)).stated is stated


def test_of_an_address_that_nobody_is_known_at_nothing_is_stated() -> None:
    assert not Party("10.0.0.5", ()).stated
