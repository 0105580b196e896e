"""The verbs of encryption: look at the lake with every check; say how ready the encryption is for quantum computers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from asepsis.findings.service import Examined, Look
from asepsis.findings.service import examine as examine_with

from .checks import all_checks
from .quantum import Readiness
from .quantum import readiness as post_quantum

__all__ = ["Readiness", "all_checks", "examine", "post_quantum"]


def examine(look: Look, known: Collection[str]) -> Iterator[Examined]:
    """What each check of this room proposes and clears; `known` are the checks that have findings."""
    return examine_with(all_checks(), look, known)
