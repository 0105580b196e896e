"""Text of the network in a table that somebody opens in a spreadsheet.

Source: OWASP, "CSV Injection": a cell that begins with =, +, - or @ is run as a formula.
"""

from __future__ import annotations

import unicodedata

_FORMULA = ("=", "+", "-", "@")


def harmless(text: str) -> str:
    """Without what cannot be shown, and with an apostrophe before what a spreadsheet would take for a formula: it reads letters of full
    width as it reads others, and looks behind blanks."""
    shown = text if text.isprintable() else "".join(c for c in text if unicodedata.category(c)[0] != "C")
    read = shown if shown.isascii() else unicodedata.normalize("NFKC", shown)
    return "'" + shown if read.lstrip().startswith(_FORMULA) else shown
