"""What people say beside a finding: who works on it, and comments. It turns nothing: the life of a finding is `life`'s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Sort(StrEnum):
    """What a remark is."""

    COMMENT = "comment"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class Remark:
    """Words of `who`; or to whom he gave the work, nobody where `text` is empty. What was `redacted` has lost its words."""

    n: int
    at: datetime
    who: str
    sort: Sort
    text: str
    redacted: bool = False
