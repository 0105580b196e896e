"""What SQL over events cannot say: a detector that a rule file names, with its settings.

A rule file whose document has the map `detector:` (its `type`, and settings of that type) in place of `detection:` is found by code in
`detectors/`, over running tables. All else of the file is as in other rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from asepsis.findings.service import Look
from asepsis.kit.errors import BadInput

from .memory import Known, Memory, Time
from .sighting import Sighting
from .sigma.hunt import Tables
from .sigma.reading import Document

Number = int | float
LEVELS = ("informational", "low", "medium", "high", "critical")
"""Sigma's, and what they are here: up to `low` a sign, which tells more of a story that there is and never begins one."""


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector as a rule file names it. `settings` are those of its type that the file sets."""

    key: str
    title: str
    level: str | None
    tags: tuple[str, ...]
    where: str
    kind: str
    settings: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Given:
    """What a detector is given: rows that it has not seen, what it remembers, whose the addresses are, since when what is new is told
    of, and up to when all rows are there (`now`, on the wire)."""

    name: str
    news: Tables
    memory: Memory
    look: Look
    taught: datetime
    now: datetime
    settings: Mapping[str, Any]


class Detect(Protocol):
    """Looks at the news, remembers, and says what it saw."""

    def __call__(self, given: Given, /) -> list[Sighting]: ...


class Unlearn(Protocol):
    """What is known of a key without what a time taught, or nothing."""

    def __call__(self, key: str, known: Known, time: Time, /) -> Known | None: ...


def detector_of(document: Document, where: str) -> Detector:
    """The detector that a document names. Raises BadInput."""
    told = document.get("detector")
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise BadInput("detector without type", where, "write detector: {type: ...}")
    if not isinstance(document.get("title"), str) or not document.get("id"):
        raise BadInput("a detector without title or id", where, "write both")
    tags = document.get("tags", [])
    if not isinstance(tags, list):
        raise BadInput("tags are no list", where, "write one")
    level = document.get("level")
    if level is not None and level not in LEVELS:
        raise BadInput(f"{level} is no level", where, f"one of {', '.join(LEVELS)}")
    settings = {name: value for name, value in told.items() if name != "type"}
    return Detector(
        str(document["id"]),
        document["title"],
        str(level) if level else None,
        tuple(map(str, tags)),
        where,
        told["type"],
        settings,
        document,
    )


def settings(detector: Detector, known: Mapping[str, Number]) -> dict[str, Number]:
    """The settings of a detector, `known` being all there are, with their defaults. Raises BadInput for another one, or for no number."""
    for name, value in detector.settings.items():
        if name not in known:
            raise BadInput(f"the detector {detector.kind} has no setting {name}", detector.where, f"it has {', '.join(sorted(known))}")
        if type(value) not in (int, float) or not 0 <= value < math.inf:
            raise BadInput(f"{name} is no number", detector.where, "write one that is not negative")
    return {**known, **detector.settings}
