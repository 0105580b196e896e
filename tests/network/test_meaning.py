from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from asepsis.findings.service import Automatable, HarmKind, Parties, Party
from asepsis.hospital.service import Asset, asset_of, locate, plan_of
from asepsis.kit.errors import BadInput
from asepsis.network.library import of_bytes
from asepsis.network.meaning import Exemption, Side, side_of, tactics, techniques

RULE = """
title: Somebody asks
id: 0d4f1b52-0d9a-4c1c-8d36-2f2a9b6f1d01
tags: [attack.discovery, attack.t1046, attack.g0016]
logsource: {product: asepsis, service: conn}
detection: {selection: {id_resp_p: 7}, condition: selection}
level: medium
asepsis:
  title: "{attacker} asks {victims}"
  fault: Somebody asks
  why: "{attacker} asked."
  harms: {service: [1, It takes time.]}
  automatable: true
  action: {title: Ask back, effort: minutes, steps: [once]}
"""
PARTIES = Parties(
    locate(
        [
            asset_of({"id": "pump", "kind": "infusion pump", "clinical_class": "life", "addresses": ("10.1.0.5",)}),
            asset_of({"id": "files", "kind": "file server", "roles": ("backup server",), "addresses": ("10.2.0.9",)}),
        ],
        plan_of("[[zones]]\nname = 'ward'\ncidrs = ['10.1.0.0/24']\n[[partners]]\nname = 'maker'\ncidrs = ['203.0.113.0/28']\n"),
    )
)


def rule(old: str = "", new: str = "") -> bytes:
    assert old in RULE
    return RULE.replace(old, new).encode()


def test_a_rule_says_what_it_means() -> None:
    meaning = of_bytes(rule(), Path("asks"), "asks", own=True).meaning
    assert (meaning.title, meaning.automatable, meaning.action.steps) == ("{attacker} asks {victims}", Automatable.YES, ("once",))
    assert meaning.harms[HarmKind.SERVICE].level == 1
    assert meaning.tactics == ("discovery",)


def test_a_rule_of_others_is_told_in_its_own_words() -> None:
    data = RULE.partition("asepsis:")[0].encode()
    meaning = of_bytes(data, Path("asks"), "asks", own=False).meaning
    assert "Somebody asks" in meaning.title
    assert meaning.harms[HarmKind.MONEY_AND_TRUST].level == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("fault: Somebody asks", "fault: ''", "asepsis without fault"),
        ("[1, It takes time.]", "[5, It takes time.]", "a harm that is not"),
        ("{service: [1, It takes time.]}", "{sleep: [1, It takes time.]}", "harms has no sleep"),
        ("effort: minutes", "effort: ages", "ages is no effort"),
        ("automatable: true", "automatable: true\n  sound: loud", "asepsis has no sound"),
        ("automatable: true", "exceptions: [{attacker: {kind: x}}]", "without reason"),
        ("automatable: true", "exceptions: [{reason: x, until: soon, attacker: {kind: x}}]", "soon is no day"),
        ("automatable: true", "exceptions: [{reason: x, attacker: {class: alive}}]", "alive is no clinical class"),
        ("automatable: true", "exceptions: [{reason: x, attacker: {address: here}}]", "here is no address"),
        ("automatable: true", "only: {attacker: {outside: perhaps}}", "outside is true or false"),
        ("automatable: true", "attacker: nobody", "has no field nobody"),
        ("automatable: true", "victim: ts", "ts is neither an address nor an account"),
        ("automatable: true", "attacker: id_resp_p", "id_resp_p is neither an address"),
        ("automatable: true", "automatable: maybe", "automatable is true or false"),
        ("automatable: true", "only: [x]", "only is no map"),
        ("automatable: true", "exceptions: [{reason: x}]", "without sides would switch the rule off"),
        ("automatable: true", "new: {of: [ts]}", "ts, which is no word or number"),
        ("[1, It takes time.]", "[4x, It takes time.]", "a harm that is not"),
        ("automatable: true", "new: {of: [nothing]}", "has no field nothing"),
        ("automatable: true", "new: {of: [id_orig_h], days: 0}", "0 is no number of days"),
    ],
)
def test_what_means_nothing_is_refused_in_one_line(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        of_bytes(rule(old, new), Path("asks"), "asks", own=True)


@pytest.mark.parametrize(
    ("side", "address", "meets"),
    [
        ({"kind": "infusion pump"}, "10.1.0.5", True),
        ({"kind": ["printer", "infusion pump"], "zone": "ward"}, "10.1.0.5", True),
        ({"kind": "infusion pump", "zone": "office"}, "10.1.0.5", False),
        ({"class": "life"}, "10.1.0.5", True),
        ({"class": "life"}, "10.2.0.9", False),
        ({"role": "backup server"}, "10.2.0.9", True),
        ({"address": "10.2.0.0/16"}, "10.2.0.9", True),
        ({"address": "10.2.0.9"}, "10.1.0.5", False),
        ({"outside": True}, "198.51.100.7", True),
        ({"outside": True}, "10.1.0.5", False),
        ({"outside": True, "partner": False}, "203.0.113.4", False),
        ({}, "10.1.0.5", True),
    ],
)
def test_sides(side: dict[str, object], address: str, meets: bool) -> None:
    assert side_of(side, "here").meets(PARTIES.at(address), PARTIES) is meets


def test_an_exception_ends_with_its_day() -> None:
    one = Exemption("deployment", attacker=Side(kinds=frozenset({"file server"})), until=date(2026, 3, 2))
    server, pump = PARTIES.at("10.2.0.9"), PARTIES.at("10.1.0.5")
    assert one.covers(server, pump, PARTIES, date(2026, 3, 2))
    assert not one.covers(server, pump, PARTIES, date(2026, 3, 3))
    assert not one.covers(pump, server, PARTIES, date(2026, 3, 2))


def test_tags_name_tactics_and_techniques() -> None:
    tags = ("attack.lateral-movement", "attack.t1021.002", "attack.s0002", "cve.2020-1472", "attack.g0016")
    assert tactics(tags) == ("lateral-movement",)
    assert techniques(tags) == ("T1021.002",)


@pytest.mark.parametrize(("source", "meets"), [("stated kind scanner", True), ("kind scanner", False)])
def test_who_only_behaves_like_a_scanner_is_not_the_hospitals_own(source: str, meets: bool) -> None:
    party = Party("10.0.0.5", (Asset("A1", "manage", "scanner", 0.9, "none", source, 1.0),))
    side = side_of({"kind": "scanner", "stated": True}, "rule")
    assert side.meets(party, PARTIES) is meets
    assert side.words == "kind scanner, stated"
