"""A rule of what is new, and one that speaks of what is new with somebody known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asepsis.findings.service import Look
from asepsis.hospital.service import locate, plan_of
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake.rows_lake import DAY
from asepsis.lake.service import RowsLake
from asepsis.network.detect import Rows, detect
from asepsis.network.library import Entry, Library, of_bytes
from asepsis.network.memory import NOT_YET

RULE = """
title: Somebody calls
id: 00000000-0000-4000-8000-000000000001
logsource: {{product: asepsis, service: dicom_association}}
detection:
  selection:
    calling_ae|exists: true
  condition: selection
level: medium
asepsis:
  new: {new}
  title: "{{attacker}} calls"
  fault: Somebody calls
  why: Somebody called.
  harms:
    privacy: [1, Little.]
  action:
    title: Ask
"""
PROGRAM = "calling_implementation_class_uid"
FIRST, LATER = NOT_YET, DAY - timedelta(days=53)
"""Since when what is new is told of: what comes on DAY teaches, or is told of."""


def rule(new: str) -> Entry:
    return of_bytes(RULE.format(new=new).encode(), Path("new"), "new/rule.yml", own=False)


def call(address: str, title: str, program: str) -> Mapping[str, Any]:
    return {"id_orig_h": address, "id_resp_h": "10.1.0.2", "calling_ae": title, PROGRAM: program}


def attackers(entry: Entry, taught: datetime, *calls: Mapping[str, Any]) -> set[str]:
    """Of whom a rule tells that speaks of what is new since a time."""
    lake: Any = RowsLake({"dicom_association": calls})
    look = Look(lake, locate((), plan_of("")), DAY + timedelta(days=1))
    return {one.attacker for one in detect(Library((entry,)), Rows(lake, lambda _: lake, taught), look)}


def test_it_tells_of_a_known_device_with_a_new_program_and_of_no_new_device(store: Site) -> None:
    known = rule(f"{{of: [id_orig_h, calling_ae, {PROGRAM}], known: [id_orig_h, calling_ae]}}")
    assert not attackers(known, FIRST, call("10.1.0.5", "US1", "1.2.3"), call("10.1.0.7", "US1", "9.9")), "it is taught"
    assert not attackers(known, LATER, call("10.1.0.5", "US1", "1.2.3")), "as ever"
    assert not attackers(known, LATER, call("10.1.0.6", "US1", "9.9"), call("10.1.0.5", "CT1", "9.9")), "another address, another title"
    assert attackers(known, LATER, call("10.1.0.5", "US1", "9.9")) == {"10.1.0.5"}
    assert not attackers(known, LATER, call("10.1.0.6", "US1", "1.2.3")), "who was new before is not known by that"


def test_without_what_is_known_it_tells_of_all_that_is_new(store: Site) -> None:
    new = rule(f"{{of: [id_orig_h, calling_ae, {PROGRAM}]}}")
    assert not attackers(new, FIRST, call("10.1.0.5", "US1", "1.2.3"))
    assert attackers(new, LATER, call("10.1.0.5", "US1", "9.9"), call("10.1.0.6", "US1", "9.9")) == {"10.1.0.5", "10.1.0.6"}


@pytest.mark.parametrize("known", ["[id_orig_h, calling_ae]", "[id_resp_h]"])
def test_what_is_known_is_a_part_of_what_is_new(known: str) -> None:
    with pytest.raises(BadInput, match="known is not a part"):
        rule(f"{{of: [id_orig_h, calling_ae], known: {known}}}")


def test_what_is_worth_a_look_at_once_is_told_of_while_it_is_learned_and_then_usual(store: Site) -> None:
    new = rule(f"{{of: [id_orig_h, calling_ae, {PROGRAM}], at_once: true}}")
    assert attackers(new, FIRST, call("10.1.0.5", "US1", "1.2.3")) == {"10.1.0.5"}
    assert not attackers(new, DAY + timedelta(hours=8), call("10.1.0.5", "US1", "1.2.3") | {"ts": "09:00"})
