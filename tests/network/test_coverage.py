"""What is covered: every technique has its name, every measurement its rules, and the page of detection says the same."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from asepsis.network import tactic
from asepsis.network.coverage import covered, known, matrix, measured, proven
from asepsis.network.library import Entry, shipped
from asepsis.network.meaning import techniques

PAGE = (Path(__file__).parents[2] / "docs" / "detection.md").read_text("utf-8")
ROW = re.compile(r"\| ([a-z0-9-]+) \| ([a-z0-9-]+) \| (yes|\*\*no\*\*) \| (.*) \|")


def test_techniques_that_rules_name_have_names_and_tactics_and_no_other_stands_there() -> None:
    named = {id for entry in shipped() for id in techniques(entry.speaks.tags)}
    assert set(known()) == named
    assert all(one.name and set(one.tactics) <= set(tactic.WORDS) for one in known().values())


def test_tactics_that_rules_name_are_told_in_words() -> None:
    assert {name for entry in shipped() for name in entry.meaning.tactics} <= set(tactic.WORDS)


def test_what_was_measured_is_what_the_page_says() -> None:
    said = {(found[1], found[2]): set(re.findall(r"`([\w-]+)`", found[4])) for line in PAGE.splitlines() if (found := ROW.fullmatch(line))}
    assert {(one.scenario, one.variant): set(one.by) for one in measured()} == said
    assert {rule for one in measured() for rule in one.by} <= {entry.name for entry in shipped()}


def test_a_technique_is_proven_by_the_attacks_that_its_rules_caught() -> None:
    one = next(one for one in covered(shipped()) if one.technique.id == "T1486")
    assert "ransom-note" in {rule.name for rule in one.rules}
    assert all(attack in one.proven for attack in proven("ransom-note"))
    assert one.day == max(of.day for of in one.proven)


def test_a_rule_of_the_site_proves_nothing_by_its_name() -> None:
    entry = next(entry for entry in shipped() if entry.name == "ransom-note")
    assert covered([entry])[0].proven
    assert not covered([replace(entry, own=False)])[0].proven


def test_a_technique_that_only_a_site_names_stands_under_its_tactics() -> None:
    entry = next(entry for entry in shipped() if entry.name == "ransom-note")
    strange: Entry = replace(entry, speaks=replace(entry.speaks, tags=("attack.impact", "attack.t9999")))
    (one,) = covered([strange])
    assert (one.technique.id, one.technique.name) == ("T9999", "")
    (column, *_) = matrix([one]).columns
    assert column.cells[0].covered is one


def test_cells_of_the_picture_do_not_meet() -> None:
    drawn = matrix(covered(shipped()))
    at = [(cell.x, cell.y) for column in drawn.columns for cell in column.cells]
    assert len(set(at)) == len(at)
    assert max(y for _, y in at) + 40 <= drawn.height
