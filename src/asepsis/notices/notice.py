"""What leaves the hospital: one thing that happened in four words, or a summary of many. No patient data, and no more than is needed."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from asepsis.kit.errors import one_line

DECISIONS = ("defer", "scheduled", "out-of-cycle", "immediate")
"""The decisions of findings, the least urgent first (CERT/CC SSVC, Deployer table)."""
TOLD_MOST = 20
"""Things that a summary names; of the others it says how many."""
_TITLE_MOST, _WORD_MOST = 300, 100
_HIDDEN = {"Cf", "Cs", "Co", "Cn"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened. `what` names it for programs ("finding.opened"), `about` what it is about (an id, stays the same), `turn`
    how often that has turned, `at` when; `path` is the page of the console that tells all. Text is from the network: it is made harmless
    by `notice_of` alone."""

    what: str
    about: str
    turn: int
    at: datetime
    title: str
    decision: str
    zone: str
    path: str

    @property
    def key(self) -> str:
        """The same for the same turn, so that it is told once."""
        return f"{self.about}.{self.turn}.{self.decision}"

    @property
    def rank(self) -> int:
        return DECISIONS.index(self.decision)


def notice_of(what: str, about: str, turn: int, at: datetime, title: str, decision: str, zone: str, path: str) -> Notice:
    """A notice whose text is one line of a bounded length, with nothing in it that cannot be seen."""
    return Notice(what, about, turn, at, _visible(title, _TITLE_MOST), decision, _visible(zone, _WORD_MOST), path)


def _visible(text: str, most: int) -> str:
    """Without controls, marks of direction, what has no width, and halves of characters (Unicode general categories)."""
    if len(text) <= most and text.isascii() and text.isprintable():
        return " ".join(text.split())  # of a hundred thousand findings at once most are so
    cut = text[: 4 * most]
    return one_line(cut if cut.isascii() else "".join(c for c in cut if unicodedata.category(c) not in _HIDDEN), most)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once: the gravest of the notices, and how many there are of each decision in all."""

    notices: tuple[Notice, ...]
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def lead(self) -> Notice:
        return self.notices[0]

    @property
    def key(self) -> str:
        """The same for the same message: of a summary a digest of what it tells."""
        if self.total == 1:
            return self.lead.key
        told = "|".join([*(notice.key for notice in self.notices), str(self.total)])
        return f"summary.{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"

    @property
    def what(self) -> str:
        return self.lead.what if self.total == 1 else "summary"

    @property
    def title(self) -> str:
        """What a person reads first."""
        if self.total == 1:
            return self.lead.title
        each = ", ".join(f"{self.counts[word]:,} {word}" for word in reversed(DECISIONS) if self.counts.get(word))
        return f"{self.total:,} things at once: {each}"

    def as_json(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {"notices": [asdict(one) | {"at": one.at.isoformat()} for one in self.notices], "counts": dict(self.counts)}


def message_of(notices: Iterable[Notice]) -> Message:
    """One message of one or many notices."""
    told = sorted(notices, key=lambda notice: -notice.rank)
    return Message(tuple(told[:TOLD_MOST]), Counter(notice.decision for notice in told))


def added(messages: Iterable[Message]) -> Message:
    """One message instead of many."""
    of = list(messages)
    counts = sum((Counter(message.counts) for message in of), Counter[str]())
    gravest = sorted((notice for message in of for notice in message.notices), key=lambda notice: -notice.rank)
    return Message(tuple(gravest[:TOLD_MOST]), counts)


def from_json(kept: Mapping[str, Any]) -> Message:
    """What `Message.as_json` gave."""
    return Message(tuple(Notice(**one | {"at": datetime.fromisoformat(one["at"])}) for one in kept["notices"]), kept["counts"])
