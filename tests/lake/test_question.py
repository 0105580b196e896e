"""What is typed into the box."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asepsis.kit.errors import WrongUse
from asepsis.lake.question import CHARACTERS, question


def test_a_question_is_text_and_a_span_of_time() -> None:
    asked = question("  select 1  \r\n\tfrom conn \r\n", "2026-01-31T14:05", "2026-02-01")
    assert asked.text == "select 1\n\tfrom conn"
    assert asked.between == (datetime(2026, 1, 31, 14, 5, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert asked.form() == {"text": asked.text, "since": "2026-01-31T14:05:00Z", "until": "2026-02-01T00:00:00Z"}
    assert question("select 1").between == (None, None)


@pytest.mark.parametrize(
    ("text", "since", "until", "said"),
    [
        ("", "", "", "there is no query"),
        (" \n\t ", "", "", "there is no query"),
        ("x" * (CHARACTERS + 1), "", "", "longer than"),
        ("select\x00 1", "", "", "U+0000"),
        ("select '\u202e'", "", "", "U+202E"),
        ("select '\u200b'", "", "", "U+200B"),
        ("select '\ud800'", "", "", "U+D800"),
        ("select 1", "yesterday", "", "not a time"),
        ("select 1", "", "9999-99-99", "not a time"),
        ("select 1", "2026-01-02", "2026-01-02", "ends before it begins"),
    ],
)
def test_what_cannot_be_asked_is_said(text: str, since: str, until: str, said: str) -> None:
    with pytest.raises(WrongUse, match=said.replace("+", r"\+")):
        question(text, since, until)
