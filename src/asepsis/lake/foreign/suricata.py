"""Suricata's EVE records into rows. Fields as in Suricata's eve.json schema; layouts of `dns` 1 to 3 (Suricata 4 to 8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asepsis.lake.foreign.rows import Pseudonyms, Row
from asepsis.lake.foreign.tally import Tally, count

SENSOR = "suricata"


def rows(record: dict[str, Any], line: bytes, keys: Pseudonyms, tally: Tally) -> Iterator[tuple[str, Row]]:
    count(tally.unmapped, f"suricata {record['event_type']}")
    yield from ()
