from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from asepsis.kit.output import ProgressBar, plain, print_json, print_table


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    when: datetime


def test_plain_values() -> None:
    berlin = timezone(timedelta(hours=1))
    assert plain(Thing("x", datetime(2026, 1, 2, 3, 4, 5, tzinfo=berlin))) == {"name": "x", "when": "2026-01-02T02:04:05Z"}
    assert plain([float("nan"), float("inf"), 1.5, True, None]) == [None, None, 1.5, True, None]
    assert plain({"a": {3, 1}, 2: (Path("/x"), b"\x01")}) == {"a": [1, 3], "2": ["/x", "01"]}
    assert plain([Decimal("12345678901234567890"), Decimal("1.5")]) == [12345678901234567890, 1.5]


def test_json_is_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Thing("Z\u00fcrich", datetime(2026, 1, 1, tzinfo=UTC))])
    assert json.loads(capsys.readouterr().out) == [{"name": "Z\u00fcrich", "when": "2026-01-01T00:00:00Z"}]


def test_a_table_shows_data_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "b"), [("[red]x[/red]", "\x1b[31mevil"), (None, 2)], "title [bold]")
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "\x1b" not in out


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProgressBar, "PATIENCE_S", 0.0)
    with ProgressBar("reading") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")
