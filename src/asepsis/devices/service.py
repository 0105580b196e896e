"""The verbs of medical devices: look at the lake with every check of how devices are set up."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from asepsis.findings.service import Examined, Look
from asepsis.findings.service import examine as examine_with

from .checks import all_checks

__all__ = ["all_checks", "examine"]


def examine(look: Look, known: Collection[str]) -> Iterator[Examined]:
    """What each check of this room proposes and clears; `known` are the checks that have findings."""
    return examine_with(all_checks(), look, known)
