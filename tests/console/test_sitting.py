"""How long somebody stays logged in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from asepsis.console import sitting
from asepsis.console.sitting import ACTED, BEGAN, IDLE_S, POLL, SHIFT_S

NOW = 1_800_000_000.0


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    gone: list[Any] = []
    monkeypatch.setattr(sitting, "logout", gone.append)
    monkeypatch.setattr(sitting.time, "time", lambda: NOW)
    return gone


def asked(session: dict[str, float], poll: bool = False) -> dict[str, float]:
    request: Any = SimpleNamespace(user=SimpleNamespace(is_authenticated=True), session=session, headers={POLL: "1"} if poll else {})
    sitting.Sitting(lambda _: None)(request)  # type: ignore[arg-type,return-value]
    return session


@pytest.mark.parametrize(
    ("began", "acted", "ends"),
    [
        (0, 0, False),
        (SHIFT_S, 0, False),
        (SHIFT_S + 1, 0, True),
        (IDLE_S, IDLE_S, False),
        (IDLE_S + 1, IDLE_S + 1, True),
        (-1, 0, True),  # the clock was set back
        (0, -7200, True),
    ],
)
def test_a_shift_ends_and_so_does_a_chair_that_is_empty(out: list[Any], began: float, acted: float, ends: bool) -> None:
    asked({BEGAN: NOW - began, ACTED: NOW - acted})
    assert bool(out) is ends


def test_what_a_page_asks_by_itself_is_no_sign_of_anybody(out: list[Any]) -> None:
    before = NOW - 600
    assert asked({BEGAN: before, ACTED: before}, poll=True)[ACTED] == before
    assert asked({BEGAN: before, ACTED: before})[ACTED] == NOW
    assert not out


def test_a_session_begins_with_the_first_page(out: list[Any]) -> None:
    assert asked({}) == {BEGAN: NOW, ACTED: NOW}
