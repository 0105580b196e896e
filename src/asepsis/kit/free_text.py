"""Words that a person gave us, on the command line or in a file: kept as they are, and shown on terminals, in tables and pages."""

from __future__ import annotations

import unicodedata

# Controls, marks of direction, halves of characters that no text has, breaks of lines and paragraphs (Unicode 15, table 12).
_REFUSED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""What word processors leave in text that is pasted: nobody sees it, and nobody misses it."""
_JOINERS = "\u200c\u200d"
"""They shape letters of some scripts, and pictures of several signs (Unicode 15, 23.2)."""


def free_text(words: str, most: int) -> str:
    """The words, with single blanks between them. Raises ValueError for none, more than `most` characters, or what cannot be shown."""
    said = " ".join(words.translate(_UNSEEN).split())
    if not 0 < len(said) <= most:
        raise ValueError(f"must be a text of 1 to {most:,} characters")
    if any(unicodedata.category(c) == "Cs" for c in said):
        raise ValueError("is not UTF-8: save or type it as UTF-8")
    if any(unicodedata.category(c) in _REFUSED and c not in _JOINERS for c in said):
        raise ValueError("has control characters: leave them out")
    return said
