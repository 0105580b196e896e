"""What runs under one roof: how each part is, as the supervisor last wrote it down."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from asepsis.kit import files


@dataclass(frozen=True, slots=True)
class Part:
    """One process: since when it runs (ISO 8601), how often it had to be started again, and what it said when it ended last."""

    name: str
    running: bool
    since: str
    restarts: int = 0
    said: str = ""


def _file(site: Path) -> Path:
    return site / "console" / "parts.json"


def write(site: Path, parts: Iterable[Part]) -> None:
    """Remembers how the parts are."""
    files.replace(_file(site), json.dumps([asdict(part) for part in parts]).encode())


def read(site: Path) -> list[Part]:
    """How the parts are; none where none was started."""
    try:
        return [Part(**told) for told in json.loads(_file(site).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []
