"""Text of attackers in a spreadsheet."""

from __future__ import annotations

import pytest

from asepsis.kit.spreadsheet import harmless

FORMULAS = ["=1+1", "+1", "-1+2", "@sum(a)", " =1", "\t=1", "\r=1", "\x00=1", "\u200b=1", "\u00a0=1"]
WIDE = ["\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]


@pytest.mark.parametrize("text", FORMULAS + WIDE)
def test_no_text_is_a_formula(text: str) -> None:
    shown = harmless(text)
    assert shown.startswith("'")
    assert shown[1:] == "".join(c for c in text if c not in "\t\r\x00\u200b")


@pytest.mark.parametrize("text", ["", "CT01", "Müller", "a=b", "10.0.0.1", "日本"])
def test_other_text_stays(text: str) -> None:
    assert harmless(text) == text
