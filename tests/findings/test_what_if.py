from __future__ import annotations

import pytest

from asepsis.findings.finding import Finding, Kind, Points, Remedy
from asepsis.findings.harm import HarmKind
from asepsis.findings.life import opened
from asepsis.findings.ssvc import Automatable, Decision, Exploitation, Exposure
from asepsis.findings.what_if import WhatIf, outcome, parse
from asepsis.kit.errors import WrongUse

from .making import proposal


def finding(check: str, zone: str = "radiology", **more: object) -> Finding:
    return opened(proposal(check=check, subject=f"{check}@{zone}", zone=zone, **more))


INTERNET = finding("internet", ends=(Remedy.NO_INTERNET,))
WARD = finding("internet", zone="ward", ends=(Remedy.NO_INTERNET,))
EXPLOITED = Points(Exploitation.ACTIVE, Exposure.OPEN, Automatable.YES)
OPEN = finding("smb1", points=EXPLOITED, levels={HarmKind.SAFETY: 3, HarmKind.SERVICE: 3})


def test_a_remedy_ends_the_faults_that_it_mends_where_it_is_applied() -> None:
    found = outcome([INTERNET, WARD, OPEN], [parse("zone:Radiology no internet")])
    assert [line.lead for line in found.gone] == [INTERNET]
    assert len(found.lower) + found.same == 2


def test_what_is_no_longer_open_to_the_internet_is_less_urgent() -> None:
    found = outcome([OPEN, WARD], [parse("zone:radiology no internet")])
    assert [(was.decision, now.decision) for was, now in found.lower] == [(OPEN.decision, Decision.OUT_OF_CYCLE)]
    assert OPEN.decision is Decision.IMMEDIATE
    assert (found.gone, found.same) == ([], 1)


def test_an_attack_under_way_is_not_taken_back() -> None:
    alert = finding("scan", kind=Kind.ALERT, ends=(Remedy.NO_INTERNET,))
    found = outcome([alert], [parse("all no internet")])
    assert (found.gone, found.same) == ([], 1)


def test_several_ifs_add_up() -> None:
    found = outcome([INTERNET, WARD], [parse("zone:radiology no internet"), parse("zone:ward no internet")])
    assert len(found.gone) == 2


@pytest.mark.parametrize("text", ["zone:icu isolated", "kind:infusion pump encrypted", "asset:a-12 no internet", "all isolated"])
def test_what_can_be_asked(text: str) -> None:
    assert isinstance(parse(text), WhatIf)


@pytest.mark.parametrize("text", ["", "zone:icu", "no internet", "zone: no internet", "room:3 isolated", "zone:icu magic", "all"])
def test_what_is_not_understood_is_said(text: str) -> None:
    with pytest.raises(WrongUse, match="not understood"):
        parse(text)


def test_a_kind_is_also_what_is_only_possible() -> None:
    guessed, other = finding("internet", asset_kind="possible scanner"), finding("internet", asset_kind="workstation")
    asked = parse("kind:scanner isolated")
    assert (asked.concerns(guessed), asked.concerns(other)) == (True, False)
    assert parse("kind:possible scanner isolated").concerns(guessed)
    assert parse("kind:scaner isolated").names([guessed, other]) == "there is scanner, workstation"


def test_a_name_that_nothing_has_is_told_with_those_that_there_are() -> None:
    assert not parse("zone:radiolgy no internet").concerns(INTERNET)
    assert parse("zone:radiolgy no internet").names([INTERNET, WARD]) == "there is radiology, ward"
    assert parse("asset:a-12 isolated").names([INTERNET]) == "`asepsis findings list` shows what is"
