"""Every capture of ../shared/captures that tshark reads: asepsis reads it, and says the same or differs as differences.toml explains.

A difference that is not explained fails, and so does an explanation of what no longer differs. What the captures say is shown nowhere.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from asepsis.cli.main import main

from .differences import COMPARED, DIFFERENCES, WHY, equal, explained
from .differential import captures, compare, name, needs_shared, needs_this_tshark, split
from .facts import Fact, flow

every = pytest.mark.parametrize("path", captures(), ids=name)


@every
def test_it_is_read(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, no problem, and rows beside those that tell how well the sensor heard. The long form also looks for faults in each."""
    site = ("--site", str(tmp_path / "site"), "--json")
    code = main(["lake", "ingest", str(path), *site])
    told = json.loads(capsys.readouterr().out)
    if "ASEPSIS_SOAK" in os.environ:
        assert main(["assess", str(path), *site]) == 0
    assert (code, told["problems"], told["skipped"]) == (0, [], [])
    assert told["streams"].keys() - {"stats"}


@needs_shared
def test_all_of_them_are_assessed_in_one_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["assess", *map(str, captures()), "--site", str(tmp_path / "site"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["capture"]["problems"], told["capture"]["skipped"]) == (0, [], 0)
    assert told["assets"]


@needs_this_tshark
@every
def test_it_says_what_tshark_says(path: Path) -> None:
    found = compare(path)
    known = explained(name(path))
    different = {what: (split.only, split.where()) for what, split in found.items() if split.only != known.get(what, (0, 0))}
    assert not different, "only tshark, only asepsis, and where: explain it in differences.toml, or take the line out"
    assert {what: split.equal for what, split in found.items()} == equal().get(name(path)), "python -m tests.golden.differential"


@needs_shared
def test_every_line_is_about_a_capture_that_is_here() -> None:
    here = set(map(name, captures()))
    assert equal().keys() == here
    assert {line.capture for line in DIFFERENCES} <= here


def test_every_line_has_a_reason_and_every_reason_a_line() -> None:
    assert {line.why for line in DIFFERENCES} == WHY.keys()
    assert {line.compared for line in DIFFERENCES} <= COMPARED.keys()
    assert {why.lacks for why in WHY.values()} <= {"asepsis", "tshark"}
    assert [line for line in DIFFERENCES if line.tshark + line.asepsis == 0] == []


def _facts(*names: str) -> Counter[Fact]:
    where = flow("udp", ("10.0.0.1", 68), ("10.0.0.2", 67))
    return Counter((where, name) for name in names)


def test_what_only_one_tells_is_found() -> None:
    found = split(_facts("ct01", "ct01", "ct02"), _facts("ct01", "ct03"))
    assert (found.equal, found.only) == (1, (2, 1))
    assert found.where() == {"udp 10.0.0.1:68 10.0.0.2:67"}


@pytest.mark.parametrize(
    ("theirs", "mine", "equal"),
    [("iPhone-ZZTEST", "iPhone-*", 1), ("ZZTEST", "*", 1), ("iPad-ZZTEST", "iPhone-*", 0), ("iPhone-", "iPhone-*", 0), ("a.c", "a*c", 1)],
)
def test_a_withheld_name_is_equal_to_what_it_stands_for(theirs: str, mine: str, equal: int) -> None:
    found = split(_facts(theirs), _facts(mine))
    assert (found.equal, found.only) == (equal, (1 - equal, 1 - equal))
