"""What may happen only when people say so: who asks for what, on which devices, for how long; and who must agree.

One approval of each role that is asked for, by different people, none of them who asks. One who denies ends it; one who asks back leaves it
open. Nothing is approved by silence: what nobody answers in time is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asepsis.kit.errors import WrongUse


class Verdict(StrEnum):
    """What somebody says to it."""

    APPROVE = "approve"
    DENY = "deny"
    ASK = "ask"

    @classmethod
    def read(cls, text: str) -> Verdict:
        """What a form says. Raises WrongUse for anything else."""
        try:
            return cls(text)
        except ValueError:
            raise WrongUse("not an answer", text[:40], "approve, deny, or ask") from None


class Standing(StrEnum):
    """How it stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be done. `title` says what will happen, in one sentence; `effects` are its consequences, the gravest first;
    `assets` the ids of what it touches; `care` whose care could be touched; `lasts` how long until it ends by itself; `roles` who must
    agree, one person for each."""

    title: str
    effects: tuple[str, ...]
    assets: tuple[str, ...]
    care: str
    lasts: timedelta
    why: str
    roles: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return int(self.lasts.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said, in which role."""

    at: datetime
    who: str
    role: str
    verdict: Verdict
    words: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A wish that was put to people, and what they said. It is open until `until`."""

    id: str
    at: datetime
    by: str
    wish: Wish
    until: datetime
    answers: tuple[Answer, ...] = ()
    withdrawn: bool = False

    def standing(self, now: datetime) -> Standing:
        """How it stands at `now`. What was approved in time stays so."""
        if self.withdrawn:
            return Standing.WITHDRAWN
        if any(answer.verdict is Verdict.DENY for answer in self.answers):
            return Standing.DENIED
        if not self.missing:
            return Standing.APPROVED
        return Standing.WAITING if now < self.until else Standing.EXPIRED

    @property
    def missing(self) -> Sequence[str]:
        """The roles of which somebody must still agree."""
        given = Counter(answer.role for answer in self.answers if answer.verdict is Verdict.APPROVE)
        return list((Counter(self.wish.roles) - given).elements())

    def answered(self, answer: Answer) -> Approval:
        """With one more answer. Raises WrongUse where this person may not give it, or it comes too late."""
        standing = self.standing(answer.at)
        if standing is not Standing.WAITING:
            raise WrongUse(f"this is {standing} already", self.id, "there is nothing to answer any more")
        if _person(answer.who) == _person(self.by):
            raise WrongUse("who asks does not answer", self.id, "somebody else must agree")
        if answer.role not in self.wish.roles:
            raise WrongUse(f"a {answer.role} is not asked here", self.id, f"one of these is: {', '.join(self.wish.roles)}")
        if answer.verdict is Verdict.APPROVE:
            if any(_person(one.who) == _person(answer.who) and one.verdict is Verdict.APPROVE for one in self.answers):
                raise WrongUse("you have agreed already", self.id, "one person agrees once")
            if answer.role not in self.missing:
                raise WrongUse(f"a {answer.role} has agreed already", self.id, f"missing is: {', '.join(self.missing)}")
        elif not answer.words:
            raise WrongUse(f"say why you {answer.verdict}", self.id)
        return Approval(self.id, self.at, self.by, self.wish, self.until, (*self.answers, answer), self.withdrawn)


def _person(who: str) -> str:
    """Who it is, by whichever door he came: `os:anna` at the command line is `console:anna` in the browser."""
    return who.rpartition(":")[2].casefold()
