"""What waits to be sent, and when: soon, again after a failure, less and less often; and a flood as one.

Up to SINGLES things a minute are told one by one. What is more waits until a minute has passed since the last summary, and is told in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

SINGLES = 10
MINUTE = timedelta(minutes=1)
FOLDED = 50
"""More than so many at once are kept as a summary from the beginning."""
FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=1)
GIVEN_UP = timedelta(days=3)
"""So long a letter is tried; then it is dead, and a person sees it."""
FAILS_LONG = timedelta(minutes=30)
"""A channel that has failed for so long is told of."""
KEPT = timedelta(days=30)
"""So long it can be looked up what was sent."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits: its id in the store, how often it was tried, and how many things it tells of."""

    id: int
    tries: int
    count: int


@dataclass(frozen=True, slots=True)
class Lately:
    """What was sent in the last MINUTE: so many letters, and whether a summary was among them."""

    letters: int
    summary: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now: make one letter of these (none, or two and more), then send these in this order (without those)."""

    merge: tuple[int, ...]
    send: tuple[int, ...]


def step(waiting: Sequence[Waiting], lately: Lately) -> Step:
    """What may be sent. Of what was never tried first; a letter that was keeps its name and its words, so that it is known again."""
    fresh = [one for one in waiting if not one.tries]
    again = sorted((one for one in waiting if one.tries), key=lambda one: (one.tries, one.id))
    room = max(0, SINGLES - lately.letters)
    if len(fresh) <= room and all(one.count == 1 for one in fresh):
        return Step((), tuple(one.id for one in [*fresh, *again][:room]))
    if lately.summary or lately.letters > SINGLES:
        return Step((), ())
    if len(fresh) > 1:
        return Step(tuple(one.id for one in fresh), ())
    return Step((), tuple(one.id for one in fresh))


def patience(tries: int) -> timedelta:
    """How long to wait after so many failures of a channel in a row (1 and more)."""
    return min(FIRST * (1 << min(tries - 1, 20)), LONGEST)
