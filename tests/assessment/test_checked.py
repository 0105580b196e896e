"""`asepsis findings checks`: what no check could say is not passed off as good."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.checks.replay import RowsLake

from asepsis.assessment.checked import Checked, Verdict, checked
from asepsis.assessment.service import all_checks
from asepsis.cli.main import main
from asepsis.findings import life
from asepsis.findings.service import Finding, Look, State
from asepsis.hospital.service import Locator
from asepsis.kit.site import Site

from ..findings.making import proposal

CHECKS = {check.id: check for check in all_checks()}
LAKE = {"conn": [{"service": "dns", "proto": "udp"}], "hl7": [{"message_type": "ADT"}]}


def covered(name: str, findings: list[Finding] | None = None, lake: dict[str, list[dict[str, Any]]] | None = None) -> Checked:
    given = LAKE if lake is None else lake
    look = Look(RowsLake(given), Locator([]), datetime(2026, 3, 2, tzinfo=UTC))
    return checked([CHECKS[name]], look, {stream: len(rows) for stream, rows in given.items()}, findings or [])[0]


def test_nothing_to_look_at_is_unknown_and_so_is_what_the_hospital_has_not_stated() -> None:
    assert covered("hl7-test-messages").words == "none seen"
    assert covered("astm-in-clear").words == "unknown: no astm seen"
    assert covered("smb1").words == "unknown: no smb_mapping or smb_files seen"
    assert covered("zone-crossing").words == "unknown: no [[flows]] in site.toml"
    assert covered("plain-passwords").words == "none seen; no ftp or http to look at"
    # Connections alone are no mail.
    assert covered("mail-in-clear").words == "unknown: no mail seen"
    assert (covered("mail-in-clear", lake={"conn": [{"service": "smtp"}]}).rows, covered("internet").rows) == (1, 1)


def test_a_fault_is_one_also_when_it_is_accepted_or_was_not_seen_for_a_while() -> None:
    finding = life.opened(replace(proposal(), check="smb1"))
    for state, verdict in ((State.OPEN, "fault"), (State.ACCEPTED, "fault"), (State.STALE, "fault"), (State.CLOSED, "unknown")):
        said = covered("smb1", [replace(finding, state=state)])
        assert (said.verdict, said.states) == (Verdict(verdict), {state: 1})


def test_the_command_lists_every_check(site: Site, capture: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "checks", "--site", str(site.path)]) == 0
    out = capsys.readouterr().out
    assert f"0 fault, 0 none seen, {len(CHECKS)} unknown of {len(CHECKS)} checks" in out
    assert main(["assess", str(capture(3)), "--site", str(site.path)]) == 0
    capsys.readouterr()
    assert main(["findings", "checks", "--json", "--site", str(site.path)]) == 0
    said = {each["check"]: each for each in json.loads(capsys.readouterr().out)}
    assert said.keys() == CHECKS.keys()
    assert (said["internet"]["why"], said["internet"]["rows"]) == ("none seen", 3)
    assert said["dicom-in-clear"]["why"] == "unknown: no dicom_association or dicom_message seen"
    assert said["dicom-in-clear"]["findings"] == {"open": 0, "accepted": 0, "closed": 0, "stale": 0}
    assert said["dicom-in-clear"]["cannot_see"]
