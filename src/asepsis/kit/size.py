"""Sizes as people write them: 500MB, 20GB, 1.5 TB (powers of ten), 64MiB (powers of two)."""

from __future__ import annotations

import re

from asepsis.kit.errors import WrongUse

_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT])(i?)B?\s*", re.IGNORECASE)


def parse(text: str) -> int:
    """Bytes of a size. Raises WrongUse for what is none; a unit must stand there, for bytes are not what anybody means."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise WrongUse("not a size", text, "write it as 500MB, 20GB or 64GiB")
    number, unit, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.upper()])


def show(size: float) -> str:
    """A size for people, in powers of ten: 20.0 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
