"""The Common Event Format, version 0: one line that SIEMs read.

Source: ArcSight Common Event Format (CEF) Implementation Standard, version 25: "Header", "Character Encoding" (of a header `\\` and `|` are
escaped, of an extension `\\`, `=` and ends of lines), and its dictionary of keys.
"""

from __future__ import annotations

from asepsis import __version__

from .notice import Message

_SEVERITY = {"immediate": 10, "out-of-cycle": 7, "scheduled": 5, "defer": 3}
"""Decision -> 0 to 10, of which 9 and 10 are very high, 7 and 8 high, 4 to 6 medium."""


def cef(message: Message, link: str) -> str:
    """The line of a message."""
    lead = message.lead
    head = ("CEF:0", "asepsis", "asepsis", __version__, message.what, message.what.replace(".", " "), str(_SEVERITY[lead.decision]))
    told = {
        "rt": str(int(lead.at.timestamp() * 1000)),
        "cnt": str(message.total),
        "cs1Label": "decision",
        "cs1": lead.decision,
        **({"externalId": lead.about, "cs2Label": "zone", "cs2": lead.zone} if message.total == 1 else {}),
        **({"request": link + (lead.path if message.total == 1 else "/")} if link else {}),
        "msg": message.title,
    }
    return "|".join(map(_in_head, head)) + "|" + " ".join(f"{key}={_in_extension(value)}" for key, value in told.items() if value)


def _in_head(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def _in_extension(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
