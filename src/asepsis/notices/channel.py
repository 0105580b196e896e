"""A way out of the house that an administrator set up: where notices go, from which decision on, and how it has gone lately."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asepsis.kit.errors import WrongUse

from .field import Kind, Settings
from .mail import MAIL
from .notice import DECISIONS
from .outbox import FAILS_LONG
from .syslog import SYSLOG
from .webhook import WEBHOOK

KINDS = {kind.name: kind for kind in (MAIL, WEBHOOK, SYSLOG)}
NAME_MOST = 60


@dataclass(frozen=True, slots=True)
class Channel:
    """`least` is the least urgent decision that it is for. `sent` is when something got through last; `failing` since when nothing does,
    and `said` what came back. `waiting` and `dead` count letters. Its secrets are none of it."""

    id: int
    name: str
    kind: Kind
    settings: Settings = field(repr=False)
    least: str
    on: bool
    sent: datetime | None
    failing: datetime | None
    said: str
    waiting: int = 0
    dead: int = 0

    @property
    def where(self) -> str:
        """Where it leads, without secrets."""
        return self.kind.where(self.settings)

    def fails_long(self, now: datetime) -> bool:
        """Whether somebody must look at it."""
        return self.on and self.failing is not None and now - self.failing >= FAILS_LONG

    def as_json(self) -> dict[str, Any]:
        """What the journal keeps, and programs are told."""
        return {"name": self.name, "kind": self.kind.name, "where": self.where, "least": self.least, "on": self.on}


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises WrongUse."""
    if name not in KINDS:
        raise WrongUse("no such kind of channel", name[:40], f"choose {', '.join(KINDS)}")
    return KINDS[name]


def least_of(given: str) -> str:
    """A decision as a person chose it. Raises WrongUse."""
    if given not in DECISIONS:
        raise WrongUse("no such decision", given[:40], f"choose {', '.join(DECISIONS)}")
    return given
