"""What an asset is called."""

from __future__ import annotations

import pytest

from asepsis.hospital.asset import Asset
from asepsis.hospital.kinds import Verdict
from asepsis.hospital.naming import role_name, told_kind, within


@pytest.mark.parametrize(
    ("titles", "hostnames", "label"),
    [
        (["WS1"], ["pc7.hospital.test"], "WS1, 10.0.0.5"),
        (["ECHOSCU"], ["pc7.hospital.test"], "pc7, 10.0.0.5"),
        (["ECHOSCU"], [], "10.0.0.5"),
        ([], ["pc7", "PC7.hospital.test"], "pc7, 10.0.0.5"),
        ([], ["192.168.1.150"], "10.0.0.5"),
        ([], ["pc7", "pc8"], "10.0.0.5"),
    ],
)
def test_a_machine_goes_by_its_own_name(titles: list[str], hostnames: list[str], label: str) -> None:
    assert role_name(Verdict("workstation", 0.9, (), ()), titles, [], hostnames, "10.0.0.5") == f"Workstation ({label})"


@pytest.mark.parametrize(
    ("name", "kind", "confidence", "told", "within_a_sentence"),
    [
        ("Possible web server (10.0.0.5)", "web server", 0.3, "possible web server", "the possible web server (10.0.0.5)"),
        ("Workstation (ws1)", "workstation", 0.6, "workstation", "the workstation (ws1)"),
        ("Unknown machine 10.0.0.5", "unknown", 0.0, "unknown", "the unknown machine 10.0.0.5"),
        ("Network gear 10.0.0.5", "network gear", 0.6, "network gear", "the network device 10.0.0.5"),
        (
            "Interface engine for LAB, RIS (10.0.0.5)",
            "interface engine",
            0.6,
            "interface engine",
            "the interface engine for LAB, RIS (10.0.0.5)",
        ),
        # A word that is written large, and what a machine or the hospital says that it is called.
        ("PACS (10.0.0.5)", "PACS", 0.8, "PACS", "PACS (10.0.0.5)"),
        ("Ventilator 2", "ventilator", 0.9, "ventilator", "Ventilator 2"),
        ("", "printer", 0.9, "printer", ""),
    ],
)
def test_a_name_within_a_sentence(name: str, kind: str, confidence: float, told: str, within_a_sentence: str) -> None:
    asset = Asset("A1", name, kind, confidence, "unknown", "", 1.0)
    assert (told_kind(asset), within(asset)) == (told, within_a_sentence)
