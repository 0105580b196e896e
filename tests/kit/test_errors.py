from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asepsis.kit.errors import AsepsisError, BadInput, DoesNotHold, WrongUse, one_line


def test_says_what_where_and_what_to_do() -> None:
    assert str(BadInput("no site here", "/srv/x", "name another")) == "no site here: /srv/x: name another"
    assert str(BadInput("no space left")) == "no space left"
    assert (WrongUse.exit_code, BadInput.exit_code, DoesNotHold.exit_code) == (2, 3, 4)


@given(st.text(), st.text(), st.text())
def test_is_one_printable_line(what: str, where: str, todo: str) -> None:
    line = str(AsepsisError(what, where, todo))
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line


def test_is_bounded() -> None:
    assert len(one_line("x" * 10_000)) == 400


def test_nothing_turns_the_direction_of_writing() -> None:
    assert one_line("a\u202efdp.exe\u2066b\u200fc") == "a fdp.exe b c"
