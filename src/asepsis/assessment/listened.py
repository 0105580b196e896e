"""When the sensor listened, as the journal tells it: a watch writes there every ten minutes while packets come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asepsis.journal.service import Entry

WATCH = "lake.watch"
SILENCE = timedelta(minutes=30)
"""Three entries that did not come: a restart takes less."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was heard from one moment to another."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Listened:
    """`of` is the length of the time asked for, as far as it is over. `dropped` packets came and could not be read. Without a watch there
    are no gaps to tell: captures may have been read instead."""

    of: timedelta
    watched: bool = False
    gaps: Sequence[Gap] = ()
    dropped: int = 0

    @property
    def heard(self) -> timedelta:
        return self.of - sum((gap.length for gap in self.gaps), timedelta()) if self.watched else timedelta()

    @property
    def share(self) -> float:
        return self.heard / self.of if self.of else 0.0


def listened(watches: Iterable[Entry], since: datetime, until: datetime) -> Listened:
    """What entries of watches, in order, say of a time."""
    last, gaps, dropped, watched = since, list[Gap](), 0, False
    before: dict[str, int] = {}
    for entry in watches:
        at, watched = datetime.fromisoformat(entry.ts), True
        gaps += [Gap(last, at)] if at - last > SILENCE else []
        # A watch counts from its beginning; a lower number is another watch's.
        told, so_far = entry.detail.get("dropped", 0), before.get(entry.subject, 0)
        dropped += told - so_far if told >= so_far else told
        last, before[entry.subject] = at, told
    gaps += [Gap(last, until)] if watched and until - last > SILENCE else []
    return Listened(max(until - since, timedelta()), watched, tuple(gaps), dropped)
