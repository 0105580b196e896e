"""How a rule stands in a hospital: what it looks for, how often it spoke, who is excused, and whether it is still learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .detector import Detector
from .library import PROOF, Entry
from .meaning import Exemption, tactics, techniques
from .memory import TEACHING
from .proof import Proven, proven

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Spoke:
    """How many attackers a rule told of, in how many sightings, when last, and in how many sightings of the last WEEK."""

    attackers: int
    sightings: int
    last: datetime
    week: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """`heard` are the hours in which something was heard: a rule of what is new speaks when they are enough. `exceptions` are people's, by
    number."""

    entry: Entry
    spoke: Spoke | None = None
    exceptions: Sequence[tuple[int, Exemption]] = ()
    heard: int = 0

    @property
    def learns(self) -> bool:
        """Whether it speaks of what is new alone."""
        return bool(self.entry.meaning.new) or self.entry.detects

    @property
    def needs(self) -> list[str]:
        """What it looks at: streams, or the running table of its detector; and how long the sensor has to listen before it speaks."""
        streams = list(dict.fromkeys(stream for stream, _ in self.entry.looks_at))
        kind = [f"the detector {self.entry.speaks.kind}"] if isinstance(self.entry.speaks, Detector) else []
        return [*streams, *kind, *([f"{TEACHING} hours of listening"] if self.learns and not self.entry.meaning.at_once else [])]

    @property
    def proof(self) -> Proven:
        """What stands beside it to prove it."""
        return proven(self.entry)

    @property
    def exempted(self) -> int:
        """How many exceptions stand: its own, and those of people."""
        today = datetime.now(UTC).date()
        told = [*self.entry.meaning.exceptions, *(one for _, one in self.exceptions)]
        return sum(one.until is None or one.until >= today for one in told)

    @property
    def state(self) -> str:
        """`learning (12 of 150 hours)`, `watching`."""
        if self.learns and self.heard < TEACHING and not self.entry.meaning.at_once:
            return f"learning ({self.heard} of {TEACHING} hours)"
        return "watching" if self.entry.own or (self.entry.folder / PROOF).exists() else "watching, unproven"


def standing_form(standing: Standing) -> dict[str, Any]:
    """A rule as JSON."""
    entry, meaning = standing.entry, standing.entry.meaning
    return {
        "rule": entry.name,
        "id": entry.speaks.key,
        "title": entry.speaks.title,
        "level": entry.speaks.level,
        "techniques": list(techniques(entry.speaks.tags)),
        "tactics": list(tactics(entry.speaks.tags)),
        "own": entry.own,
        "rule_by": entry.credit,
        "state": standing.state,
        "looks_for": " ".join(str(entry.speaks.attributes.get("description") or _in_general(meaning.why)).split()),
        "harmless": entry.harmless,
        "harms": {kind.value: {"level": harm.level, "why": harm.why} for kind, harm in meaning.harms.items()},
        "action": meaning.action.title,
        "exceptions": [_exception_form(None, one) for one in meaning.exceptions] + [_exception_form(*one) for one in standing.exceptions],
        "attackers": standing.spoke.attackers if standing.spoke else 0,
        "sightings": standing.spoke.sightings if standing.spoke else 0,
        "sightings_of_a_week": standing.spoke.week if standing.spoke else 0,
        "needs": standing.needs,
        "last_seen": standing.spoke.last if standing.spoke else None,
    }


def _in_general(text: str) -> str:
    """A sentence about one attacker as one about any."""
    for name, word in (("{attacker}", "somebody"), ("{victims}", "others"), ("{events}", "several")):
        text = text.replace(name, word)
    return text[:1].upper() + text[1:]


def _exception_form(number: int | None, one: Exemption) -> dict[str, Any]:
    sides = {"attacker": one.attacker.words, "victim": one.victim.words}
    return {"number": number, **sides, "reason": one.reason, "until": one.until}
