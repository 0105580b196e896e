"""The verbs of network security: look at the lake with every check; say how ready the encryption is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from asepsis.findings.service import Traced
from asepsis.hospital.service import Locator

from .check import Check, Examined, Lake
from .check import examine as examine_with
from .checks import all_checks
from .health import Health, Trouble
from .health import health as health_of
from .quantum import Readiness
from .quantum import readiness as post_quantum
from .trace import trace as trace_with

__all__ = [
    "Check",
    "Examined",
    "Health",
    "Lake",
    "Locator",
    "Readiness",
    "Trouble",
    "all_checks",
    "examine",
    "health",
    "post_quantum",
    "trace",
]


def examine(lake: Lake, locator: Locator, now: datetime, known: Collection[str]) -> Examined:
    """What every check proposes and clears; `now` is the time of the last packet, `known` the checks that have findings
    (`findings.service.known_checks`). `findings.service.publish` takes what comes of it."""
    return examine_with(all_checks(), lake, locator, now, known)


def trace(lake: Lake, locator: Locator, now: datetime, rows: Mapping[str, frozenset[str]]) -> Traced:
    """What became of rows, by check, that speak for findings which are not proposed any more (`findings.service.lost_rows`)."""
    return trace_with(all_checks(), lake, locator, now, rows)


def health(lake: Lake) -> list[Health]:
    """How well each interface (and what captures showed) was heard in the last day of the lake, and what to mend at the switch."""
    return health_of(lake)
