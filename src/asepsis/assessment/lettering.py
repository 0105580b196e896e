"""How wide a text is where nobody has drawn it yet: rather too wide than too narrow, by the widest of the usual typefaces of screens."""

from __future__ import annotations

_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[] -/"), frozenset("mwMW@%&\u2014\u2026")
_BOLD = 1.1
_WRITTEN_ELSEWHERE = 0x0590
"""From here on (Hebrew, Arabic, Han and others) a letter may be as wide as it is high, and a little more."""


def width(text: str, size: int, bold: bool = False) -> float:
    """Units that `text` takes at a type of `size`, at the most."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1)


def fit(text: str, room: float, size: int, bold: bool = False) -> str:
    """`text`, cut with an ellipsis if it is wider than `room`."""
    if width(text, size, bold) <= room:
        return text
    room -= width("\u2026", size, bold)
    kept = 0
    for letter in text:
        room -= width(letter, size, bold)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "\u2026"


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.4
    if letter in _WIDE or ord(letter) >= 0x2000:
        return 1.1 if ord(letter) >= 0x2000 else 1.0
    if ord(letter) >= _WRITTEN_ELSEWHERE:
        return 1.1
    return 0.72 if letter.isupper() or letter.isdigit() else 0.62
