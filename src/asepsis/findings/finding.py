"""What is wrong, on what, with evidence: what a check proposes, and the finding that it becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from operator import attrgetter

from .harm import ClinicalClass, Harm, HarmKind
from .ssvc import Automatable, Decision, Exploitation, Exposure, HumanImpact

# A finding names enough rows of the lake to be looked into; it is no copy of the lake.
EVENTS_MAX = 50


class Kind(StrEnum):
    """What sort of wrong: a flaw of a product, the way it is set up, an attack that was seen."""

    VULNERABILITY = "vulnerability"
    POSTURE = "posture"
    ALERT = "alert"


STORY = "story"
"""The check of findings that tell the alerts of one attacker together. Each is a line of the worklist by itself."""


class Remedy(StrEnum):
    """What a hospital can change at once for many machines, and so end faults of some sorts."""

    NO_INTERNET = "no internet"
    ISOLATED = "isolated"
    ENCRYPTED = "encrypted"


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    STALE = "stale"


class Effort(StrEnum):
    """How long one person works on it, shortest first."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"

    @cached_property
    def rank(self) -> int:
        return list(Effort).index(self)


@dataclass(frozen=True, slots=True)
class Points:
    """The decision points of SSVC that the measure knows; human impact follows from the harms."""

    exploitation: Exploitation
    exposure: Exposure
    automatable: Automatable


@dataclass(frozen=True, slots=True)
class Action:
    """What mends it: one sentence, how much work, and the steps if there are several. `for_many` is the sentence for several faults."""

    title: str
    effort: Effort
    steps: tuple[str, ...] = ()
    for_many: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The nearest asset of a clinical class that may be got at, in so many connections that were seen: 0 is the asset itself."""

    clinical_class: ClinicalClass
    steps: int
    asset: str
    name: str


@dataclass(frozen=True)
class Proposal:
    """What a check or rule says is wrong, with all that is needed to rank it.

    `title` names the fault on this subject in plain words; `fault` names it for many ("Anyone on the network can read patients' scans").
    `subject` is asset ids or addresses as text; with `check` and `discriminator` it is the identity. `patients` are those within reach,
    counted in the busiest 24 hours. `events` are `event_id`s of the lake. Of `assets` the first is the one of `asset_kind` and `zone`.
    `reach` are the devices that patients depend on which may be got at from here, `ends` the remedies that would end the fault. `part_of`
    is the finding that tells of this one among others: an alert's story.
    """

    check: str
    kind: Kind
    subject: str
    title: str
    fault: str
    harms: Mapping[HarmKind, Harm]
    points: Points
    action: Action
    why: str
    first_seen: datetime
    last_seen: datetime
    discriminator: str = ""
    zone: str = ""
    asset_kind: str = ""
    events: tuple[str, ...] = ()
    patients: int = 0
    assets: tuple[str, ...] = ()
    reach: tuple[Step, ...] = ()
    ends: tuple[Remedy, ...] = ()
    part_of: str = ""

    @cached_property
    def id(self) -> str:
        return identity(self.check, self.subject, self.discriminator)

    @property
    def device(self) -> str:
        """What is counted where faults are gathered in a line."""
        return self.assets[0] if self.assets else self.subject


@dataclass(frozen=True, slots=True)
class Cleared:
    """Contrary evidence: the same subject seen, at `ts`, without the fault. `why` says what was seen."""

    check: str
    subject: str
    ts: datetime
    why: str
    discriminator: str = ""
    events: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return identity(self.check, self.subject, self.discriminator)


@dataclass(frozen=True, slots=True)
class Excused:
    """Rows that a check leaves out of account, and why: what the hospital states of them ("the hospital names X as its partner")."""

    why: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person lives with it, for a reason, to the end of a day; it covers the decision of then, nothing worse."""

    person: str
    reason: str
    until: date
    decision: Decision


@dataclass(frozen=True, slots=True)
class Change:
    """One turn in the life of a finding. `at` is when: for what the sensor did, the time on the wire up to which it had seen."""

    at: datetime
    what: str
    who: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A proposal that is remembered: ranked, and with a life. Its id is that of the proposal that opened it, and stays.

    `settled` is the time up to which evidence has been taken into account: of a closed finding by its closing (nothing, if it was closed
    because it is none any more), of an open one by the person who reopened it. Only something newer turns it.
    """

    id: str
    seen: Proposal
    decision: Decision
    impact: HumanImpact
    state: State = State.OPEN
    acceptance: Acceptance | None = None
    settled: datetime | None = None
    history: tuple[Change, ...] = field(default=())


def digest_of(proposal: Proposal) -> str:
    """A fingerprint of all that a check said, as far as a finding keeps it: the same words and rows give the same."""
    points, action = proposal.points, proposal.action
    # A million are told apart each night: tuples of plain values, for the text of a dataclass or an enumeration takes five times as long.
    said = (
        _PLAIN(proposal),
        [(kind.value, harm.level, harm.why) for kind, harm in proposal.harms.items()],
        (points.exploitation.value, points.exposure.value, points.automatable.value),
        (action.title, action.effort.value, action.steps, action.for_many),
        [(step.clinical_class.value, step.steps, step.asset, step.name) for step in proposal.reach],
        [remedy.value for remedy in proposal.ends],
        tuple(dict.fromkeys(proposal.events))[:EVENTS_MAX],
    )
    return hashlib.blake2b(repr(said).encode("utf-8", "replace"), digest_size=16).hexdigest()


_PLAIN = attrgetter(*(part.name for part in fields(Proposal) if part.name not in {"harms", "points", "action", "reach", "ends", "events"}))


def identity(check: str, subject: str, discriminator: str = "") -> str:
    """The identity of a fault: the same on the same subject, in every run. A finding that opens takes it as its id."""
    # Lengths in front keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in (check, subject, discriminator))
    return "F" + hashlib.sha256(text.encode()).hexdigest()[:12]
