"""Notices to test with."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from asepsis.notices.notice import Notice, notice_of

T0 = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOSTILE = (
    "MR\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script>\0|CEF:0|evil|x=y \\ \u202egnp.exe\u2066\u200b\u2028<13>1 fake\U000e0041"
)
"""What an attacker may call his machine."""


def notice(number: int = 1, **given: Any) -> Notice:
    """A finding that opened; any part may be given."""
    told: dict[str, Any] = {
        "what": "finding.opened",
        "about": f"F{number:012x}",
        "turn": 1,
        "at": T0,
        "title": f"Anyone can read scans sent from MR{number:02}",
        "decision": "immediate",
        "zone": "radiology",
        "path": f"/findings/F{number:012x}",
    }
    return notice_of(**told | given)


def parsed(text: str) -> tuple[list[str], dict[str, str]]:
    """A line of CEF, read as its specification says."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", text, maxsplit=7)
    keys = [*re.finditer(r"(?:^| )(\w+)(?<!\\)=", parts[7])]
    ends = [*(key.start() for key in keys[1:]), len(parts[7])]
    values = [parts[7][key.end() : end] for key, end in zip(keys, ends, strict=True)]
    read = [re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), value) for value in values]
    return parts[:7], dict(zip([key[1] for key in keys], read, strict=True))
