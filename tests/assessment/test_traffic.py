"""How much of the talk about patients is encrypted."""

from __future__ import annotations

from typing import Any

from asepsis.assessment.talks import OUTSIDE, Openness, Talk
from asepsis.assessment.traffic import Traffic, traffic
from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.service import as_json

BLANK = as_json(Asset("", "", "unknown", 0.0, "unknown", "", 1.0))


def asset(id: str, **given: Any) -> Asset:
    return from_json(BLANK | {"id": id, "name": id} | given)


CT, EHR, PC = asset("CT", clinical_class="monitor"), asset("EHR", kind="EHR", clinical_class="support"), asset("PC", kind="workstation")


def talk(source: str, target: str, clear: int = 0, encrypted: int = 0) -> Talk:
    return Talk(source, target, (), clear + encrypted, Openness.OTHER, clear, encrypted)


def test_encrypted_counts_where_one_end_is_at_the_patient_or_holds_records() -> None:
    found = traffic([CT, EHR, PC], [talk("CT", "EHR", 6, 1), talk("PC", "EHR", encrypted=1), talk("PC", "other", encrypted=50)])
    assert (found, found.share) == (Traffic(6, 2), 0.25)


def test_what_leaves_the_hospital_encrypted_is_no_good_news() -> None:
    assert traffic([CT], [talk("CT", OUTSIDE, 1, 9), talk(OUTSIDE, "CT", 0, 9)]).share == 0


def test_of_nothing_there_is_no_share() -> None:
    assert traffic([CT], [talk("CT", "PC")]).share is None
