"""What people write is kept as they wrote it, without what nobody sees."""

from __future__ import annotations

import pytest

from asepsis.kit.free_text import free_text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a  new\tfirewall", "a new firewall"),
        ("soft\u00adhyphen and zero\u200bwidth\ufeff", "softhyphen and zerowidth"),
        ("\U0001f469\u200d\u2695\ufe0f called", "\U0001f469\u200d\u2695\ufe0f called"),
    ],
)
def test_what_is_pasted_is_kept(written: str, kept: str) -> None:
    assert free_text(written, 100) == kept


@pytest.mark.parametrize("written", ["", "\u200b", "a\u202eb", "a\u2066b", "a\x00b", "a\x1b[31mb", "x" * 101, "a\ud800"])
def test_what_cannot_be_shown_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"must be|control|UTF-8"):
        free_text(written, 100)
