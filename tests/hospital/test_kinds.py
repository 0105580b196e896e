"""The tables of evidence, and the score."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from asepsis.hospital.clinical import CLASSES, clinical_class
from asepsis.hospital.kinds import KINDS, Evidence, judge, table

TABLES = sorted(f.name.removesuffix(".tsv") for f in files("asepsis.hospital").joinpath("data").iterdir() if f.name.endswith(".tsv"))


def say(kind: str, points: int, rule: str = "r") -> Evidence:
    return Evidence(kind, points, rule, f"{kind} by {rule}", "conn", "e1", None)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_whole_names_a_kind_and_its_source(name: str) -> None:
    for row in table(name):
        assert None not in row.values()
        assert None not in row
        assert row["source"]
        assert not row.get("kind") or row["kind"] in KINDS
        assert 0 <= int(row.get("points") or 0) < 95
        re.compile(row.get("pattern", ""))


def test_every_kind_has_a_class_and_known_general_kinds() -> None:
    for kind in KINDS.values():
        assert kind.clinical_class in CLASSES
        assert kind.general <= KINDS.keys()
        assert kind.words[-1] not in "syx)", "an s makes it several"


def test_every_service_of_the_table_is_one_that_the_core_names() -> None:
    sources = (Path(__file__).parents[2] / "crates/wire/src/protocols").rglob("*.rs")
    named = {name for source in sources for name in re.findall(r'name: "([a-z0-9_-]+)"', source.read_text("utf-8"))}
    matches = [row["match"] for row in table("services")]
    assert {match.partition(":")[0] for match in matches if "/" not in match} <= named


def test_nothing_seen_is_unknown() -> None:
    assert (judge([]).kind, judge([]).confidence) == ("unknown", 0.0)
    assert judge([say("CT", 20)]).kind == "unknown"


def test_the_score_can_be_done_by_hand() -> None:
    assert judge([say("CT", 60, "a"), say("CT", 40, "b"), say("CT", 20, "c")]).confidence == 0.85
    # One rule counts once, however often it fires.
    assert judge([say("CT", 60, "a")] * 50).confidence == 0.60
    assert judge([say("CT", 90, "a"), say("CT", 90, "b")]).confidence == 0.95
    # A rival device takes away half of its own score.
    assert judge([say("CT", 80, "a"), say("MR", 60, "b")]).confidence == 0.50


def test_the_roles_of_a_server_are_no_rivals() -> None:
    assert judge([say("PACS", 80, "a"), say("file server", 65, "b")]).confidence == 0.80


def test_a_special_kind_beats_its_general_one() -> None:
    verdict = judge([say("CT", 80, "a"), say("PET", 80, "b")])
    assert (verdict.kind, verdict.confidence) == ("PET", 0.80)
    assert judge([say("modality", 55, "a"), say("CT", 30, "b")]).kind == "CT"


def test_what_speaks_for_both_alike_does_not_make_it_the_special_kind() -> None:
    taken_in = [say("archive", 45, "store"), say("PACS", 45, "store")]
    assert judge(taken_in).kind == "PACS"
    assert judge([*taken_in, say("archive", 40, "promise"), say("archive", 25, "name")]).kind == "archive"
    assert judge([*taken_in, say("archive", 40, "promise"), say("PACS", 60, "answers")]).kind == "PACS"


def test_a_guess_has_no_harmless_class() -> None:
    assert clinical_class("camera", 0.39)[0] == "unknown"
    assert clinical_class("camera", 0.40)[0] == "none"
    assert clinical_class("ventilator", 0.30)[0] == "life"


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("GE MEDICAL SYSTEMS SIGNA Architect", "MR"),
        ("SIEMENS SOMATOM Force", "CT"),
        ("Philips IntelliVue MP70", "patient monitor"),
        ("Philips Azurion 7", "angiography"),
        ("Varian TrueBeam", "linac"),
        ("Acme Toaster 9000", None),
        ("SIEMENS syngo.via", "workstation"),
    ],
)
def test_models_are_told_apart(named: str, kind: str | None) -> None:
    hits = {row["kind"] for row in table("models") if re.search(row["pattern"], named, re.IGNORECASE)}
    assert hits == ({kind} if kind else set())
