"""A rule asked of the past: all rows of a time, and nothing is remembered."""

from __future__ import annotations

from asepsis.kit.errors import WrongUse

from .detector import Detector
from .library import Entry
from .scan import scan, shown
from .sighting import Sighting, gathered
from .sigma.hunt import Tables
from .sigma.query import Reach
from .spans import spans


def hunt(entry: Entry, tables: Tables, reach: Reach) -> list[Sighting]:
    """What a rule finds, by attackers. Raises WrongUse for a detector, which remembers and cannot be asked of the past."""
    if isinstance(entry.speaks, Detector):
        raise WrongUse("a detector goes by what it has learned", entry.name, "it looks at what comes: read captures into a new site")
    span = spans([entry], tables, reach).get(entry.name)
    found = shown(entry, tables, scan(entry, tables, lambda _: tables, lambda _: (), span, reach), reach)
    return found if any(one.held_from for one in found) else gathered(found)
