"""One look of the rules at what came since the last one: sightings, and the alerts that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from asepsis.findings.service import STORY, Look, Proposal, identity
from asepsis.lake.service import Lake as OpenLake

from . import store
from .alert import left_after
from .detector import Detector, Given
from .detectors import detect_by
from .library import Entry, Library
from .memory import Spoken, learn
from .repute import ANYTHING, ROLES, Repute, roles_of
from .repute import learn as learn_roles
from .scan import ALL, Seen, scan, shown
from .sighting import Sighting, joined
from .spans import Span, spans
from .story import WINDOW, Clue, stories
from .telling import alerts_of, clue_of, finding_of

ATTACKERS_MAX = 200
"""Attackers that one rule tells apart in a day. A hospital has few at a time; more are addresses that somebody makes up."""
MANY = "many"
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rows:
    """`news` are the rows that came, `around` opens all rows since a moment, `taught` is since when what is new is told of,
    `before` up to when was looked already: nowhere without it."""

    news: OpenLake
    around: Callable[[datetime], OpenLake]
    taught: datetime
    before: datetime | None = None

    @property
    def learning(self) -> bool:
        """Whether some of the news may have come while the site learned. Of a look at many days at once none can say on which of them a
        machine became what it is."""
        return self.before is None or self.before < self.taught


def repute_of(library: Library, rows: Rows, look: Look) -> Repute:
    """What machines are taken for, as of this look, which is remembered."""
    return learn_roles(store.Stored(ROLES), look.locator.assets.values(), roles_of(library.entries), look.now, rows.learning)


def detect(library: Library, rows: Rows, look: Look, repute: Repute = ANYTHING) -> list[Sighting]:
    """Asks the rules of the news, and remembers what was seen: the sightings that are new or went on, as they are now."""
    changed: list[Sighting] = []
    asked = Asked(rows.news)
    found = spans(library.entries, rows.news, ALL)
    for entry in library.entries:
        seen = list(_left(entry, _seen(entry, rows, asked, look, found.get(entry.name)), look, repute))
        changed += store.add(_bounded(entry, shown(entry, rows.news, _new(entry, seen, rows.taught))))
    return changed


def _bounded(entry: Entry, found: list[Sighting]) -> list[Sighting]:
    """Who makes up attackers must not fill the store, nor hide the one who is there: beyond so many in a day all further ones are told of
    as one, who is nobody in particular."""
    if not found:
        return []
    known = store.attackers(entry.name, max(one.end for one in found) - A_DAY)
    kept: list[Sighting] = []
    rest: dict[date, list[Sighting]] = {}
    for one in sorted(found, key=lambda one: (one.begin, one.key)):
        if one.attacker in known or len(known) < ATTACKERS_MAX:
            known.add(one.attacker)
            kept.append(one)
        else:
            rest.setdefault(one.begin.date(), []).append(replace(one, attacker="", group=MANY, held_from=None))
    return [*kept, *map(joined, rest.values())]


def _seen(entry: Entry, rows: Rows, asked: Asked, look: Look, span: Span | None) -> list[Seen]:
    if isinstance(entry.speaks, Detector):
        code, settings = detect_by(entry.speaks)
        given = Given(entry.name, asked, store.Stored(entry.name), look, rows.taught, look.now, settings)
        return [Seen(one) for one in code(given)]
    return scan(entry, rows.news, rows.around, partial(store.standing, entry), span)


def _left(entry: Entry, seen: Iterable[Seen], look: Look, repute: Repute) -> Iterator[Seen]:
    """What is no exception, a person's or the rule's own."""
    seen = list(seen)
    if not seen:
        return
    excused = [one for _, one in store.exemptions(entry.name, min(one.sighting.end for one in seen).date())]
    for one in seen:
        if left := left_after(entry, excused, one.sighting, look, repute):
            yield Seen(left, one.values)


def _new(entry: Entry, seen: list[Seen], taught: datetime) -> list[Seen]:
    """Of a rule that speaks of what is new: that alone."""
    meaning = entry.meaning
    if not meaning.new:
        return seen
    ordered = sorted(seen, key=lambda one: (one.sighting.begin, one.sighting.key))
    spoken = [Spoken(one.values, one.sighting.begin, one.sighting.end) for one in ordered]
    memory = store.Stored(entry.name)
    new = learn(memory, spoken, meaning.days, taught)
    if meaning.at_once:
        new = [told or one.first < taught for told, one in zip(new, spoken, strict=True)]
    parts = [Spoken(meaning.known_part(one.values), one.first, one.last) for one in spoken if meaning.known]
    strange = learn(memory, parts, meaning.days, taught) or [False] * len(new)
    return [one for one, is_new, is_strange in zip(ordered, new, strange, strict=True) if is_new and not is_strange]


def tell(library: Library, changed: Sequence[Sighting], look: Look, repute: Repute) -> tuple[list[Proposal], dict[str, str]]:
    """The alerts and stories that sightings are part of, as they are with what changed; and of stories that turned out to be others, by the
    ids of their findings, which."""
    clues = _clues(library, changed, look)
    proposals: list[Proposal] = []
    merged: dict[str, str] = {}
    keys = {(one.rule, one.attacker, one.group, one.begin) for one in changed}
    for story in stories(clues):
        if keys.isdisjoint((c.sighting.rule, c.sighting.attacker, c.sighting.group, c.begin) for c in story.clues):
            continue
        store.put_into(story.id, [clue.sighting for clue in story.clues if clue.story != story.id])
        made = alerts_of(story, look, repute)
        alerts = [one for one, _ in made]
        whole = finding_of(story, alerts, look) if len(alerts) > 1 else None
        proposals += [whole, *(replace(one, part_of=whole.id) for one in alerts)] if whole else alerts
        lead = (whole or alerts[0]).id
        merged |= {identity(STORY, old): lead for old in (*story.merged, *(() if whole else (story.id,)))}
        for one, clues_of in made:
            merged |= {clue.finding: one.id for clue in clues_of if clue.finding not in ("", one.id)}
            store.tell_in(one.id, [clue.sighting for clue in clues_of if clue.finding != one.id])
    merged = {old: new for old, new in merged.items() if old not in {proposal.id for proposal in proposals}}
    return proposals, merged


def _clues(library: Library, changed: Sequence[Sighting], look: Look) -> list[Clue]:
    """What is remembered of the time around what changed, and of the stories that it is in."""
    since = min(one.begin for one in changed) - WINDOW
    known = library.by_name
    return [clue_of(known[one.rule], one, look, story, told) for one, story, told in store.since(since) if one.rule in known]


def hours_of(lake: OpenLake) -> list[int]:
    """The hours since 1970 in which something was heard."""
    hour = "CAST(FLOOR(EPOCH(ts) / 3600) AS BIGINT)"
    return [int(row["hour"]) for row in lake.rows(f"SELECT DISTINCT {hour} AS hour FROM conn WHERE {ALL.sql()}") if row["hour"] >= 0]


class Asked:
    """The news, where the same question has the same answer: detectors ask some alike."""

    def __init__(self, news: OpenLake) -> None:
        self.streams = news.streams
        self._news = news
        self._answers: dict[str, list[dict[str, Any]]] = {}

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The answer; who asks leaves it as it is."""
        if query not in self._answers:
            self._answers[query] = self._news.rows(query)
        return self._answers[query]


class Around:
    """Opens the rows since a moment, and keeps what was opened: most rules look back about as far."""

    def __init__(self, opener: Callable[[datetime], OpenLake], stack: ExitStack) -> None:
        self._open, self._stack = opener, stack
        self._since: datetime | None = None
        self._lake: OpenLake | None = None

    def __call__(self, since: datetime) -> OpenLake:
        if self._lake is None or self._since is None or since < self._since:
            self._since, self._lake = since, self._stack.enter_context(self._open(since))
        return self._lake
