from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asepsis.cli.main import main
from asepsis.findings import service
from asepsis.findings.explain import WHEN
from asepsis.findings.finding import Kind, Points
from asepsis.findings.harm import HarmKind
from asepsis.findings.ssvc import Automatable, Decision, Exploitation, Exposure
from asepsis.kit.site import Site

from .making import proposal

UNTIL = str(datetime.now(UTC).date() + timedelta(days=7))


def run(site: Site, *arguments: str) -> int:
    return main([*arguments, "--site", str(site.path)])


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_nothing_is_said_in_words_and_in_json(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(store, "worklist") == 0
    assert "nothing to do" in capsys.readouterr().out
    assert run(store, "findings", "list") == 0
    assert "asepsis assess" in capsys.readouterr().out
    for command in (["worklist"], ["findings", "list"]):
        assert run(store, *command, "--json") == 0
        assert answer(capsys) == []


def test_worklist_says_what_when_why_and_what_to_do(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    service.publish(store, [proposal()])
    assert run(store, "worklist") == 0
    text = capsys.readouterr().out
    for part in (
        "Worklist",
        "1. Anyone on the network can read 2 patients' scans",
        "scheduled",
        "Do (days): Switch on encryption",
        proposal().id,
    ):
        assert part in text
    assert run(store, "worklist", "--json") == 0
    (line,) = answer(capsys)
    assert {"title", "decision", "why", "action", "members"} <= set(line)


def test_a_missing_reason_leads_to_the_help_of_that_command(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(store, "findings", "accept", "F1", "--until", UNTIL) == 2
    err = capsys.readouterr().err
    assert "--reason" in err
    assert err.endswith("See `asepsis findings accept --help`.\n")


def test_fail_on_immediate_is_asked_for_and_exits_with_one(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    service.publish(store, [proposal()])
    assert run(store, "worklist", "--fail-on", "immediate") == 0
    points = Points(Exploitation.ACTIVE, Exposure.OPEN, Automatable.YES)
    service.publish(store, [proposal(subject="9", kind=Kind.ALERT, points=points, levels={HarmKind.SAFETY: 4})])
    assert run(store, "worklist") == 0
    assert run(store, "worklist", "--fail-on", "immediate") == 1
    assert run(store, "worklist", "--fail-on", "sometime") == 2
    capsys.readouterr()


def test_list_and_show_and_the_life_of_a_finding(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    service.publish(store, [proposal()])
    name = proposal().id
    assert run(store, "findings", "list") == 0
    assert name in capsys.readouterr().out
    assert run(store, "findings", "show", name) == 0
    text = capsys.readouterr().out
    assert WHEN[Decision.SCHEDULED] in text
    assert "privacy" in text
    assert run(store, "findings", "accept", name, "--reason", "new scanner in May", "--until", UNTIL, "--json") == 0
    assert answer(capsys)["accepted"]["until"] == UNTIL
    assert run(store, "findings", "list", "--state", "open", "--json") == 0
    assert answer(capsys) == []
    assert run(store, "findings", "reopen", name) == 0
    assert "reopened" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "Fnothing"),
        ("accept", "F", "--reason", "fine", "--until", "tomorrow"),
        ("accept", "F", "--reason", " ", "--until", UNTIL),
        ("accept", "F", "--until", UNTIL),
        ("reopen", "F"),
        ("close", "F", "--reason", "done"),
    ],
)
def test_wrong_use_is_one_line_and_exit_two(store: Site, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    service.publish(store, [proposal()])
    assert run(store, "findings", *arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_no_site_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worklist", "--site", str(tmp_path / "none")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_hostile_title_cannot_drive_the_terminal(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    service.publish(store, [proposal(title="scans \x1b[2J of [red]MR01[/red]\nsecond line", why="bad \x1b[31m.")])
    for command in (["worklist"], ["findings", "list"], ["findings", "show", "F"]):
        assert run(store, *command) == 0
        text = capsys.readouterr().out
        assert "\x1b" not in text
        assert "[red]MR01[/red]" in text
