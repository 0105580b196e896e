"""The verbs of network security: look at the lake with every check; say how well the sensor hears."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from asepsis.findings.service import Examined, Lake, Look
from asepsis.findings.service import examine as examine_with

from .checks import all_checks
from .health import Health, Trouble
from .health import health as health_of

__all__ = ["Health", "Trouble", "all_checks", "examine", "health"]


def examine(look: Look, known: Collection[str]) -> Iterator[Examined]:
    """What each check of this room proposes and clears; `known` are the checks that have findings."""
    return examine_with(all_checks(), look, known)


def health(lake: Lake) -> list[Health]:
    """How well each interface (and what captures showed) was heard in the last day of the lake, and what to mend at the switch."""
    return health_of(lake)
