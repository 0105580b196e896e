"""Where a page of a long list ended, as a word that an address can carry: the list is read on from there, however far down that is."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from .errors import WrongUse

Key = Sequence[str | int]
_CHARACTERS = 4_000


def write_mark(key: Key) -> str:
    """The mark of a row by what the list is ordered by."""
    return base64.urlsafe_b64encode(json.dumps(list(key), separators=(",", ":")).encode()).decode().rstrip("=")


def read_mark(mark: str, *kinds: type) -> list[str | int]:
    """What the list is ordered by, of these kinds. Raises WrongUse for what is no mark."""
    try:
        key = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))) if len(mark) <= _CHARACTERS else None
    except (ValueError, TypeError, RecursionError):
        key = None
    if isinstance(key, list) and [type(part) for part in key] == list(kinds) and all(map(_storable, key)):
        return key
    raise WrongUse("this is no place in the list", mark[:40], "begin at its top")


def _storable(part: str | int) -> bool:
    """What every store can compare with: no NUL, no halves of characters, no number beyond 64 bits."""
    if isinstance(part, int):
        return -(1 << 63) <= part < 1 << 63
    return "\0" not in part and not any("\ud800" <= c <= "\udfff" for c in part)
