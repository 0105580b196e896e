"""Stories as pages and programs show them: out of the store alone, however much the lake holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nlargest
from typing import Any

from asepsis.findings.service import STORY, Finding, FindingsAsked, Kind, Look, State, identity, page_of_findings, those
from asepsis.findings.service import show as finding_of
from asepsis.hospital.service import assets_named, locate, plan
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.site import Site

from . import store, tactic
from .alert import MANY_MACHINES, called, who
from .library import Entry
from .sighting import Sighting
from .story import TAKES, Story
from .telling import Told, as_published, clue_of

PAGE = 30
"""Stories on a page."""
NAMED = 180
"""Assets whose names are looked up for a list: of many stories of each only who attacks, and whom first."""
NAME = 120
"""Letters of a name in a list."""
VICTIMS = 2
"""Victims that a list names."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A story in a line: who attacks, whom (those to whom the gravest was done first, and how many there are), how far it came (a tactic of
    ATT&CK), how many machines it took, and of how many alerts it is made. Of rules that are there no more only the finding is known."""

    id: str
    finding: Finding
    attacker: str
    victims: tuple[str, ...]
    victims_count: int
    came_to: str
    taken: int
    alerts: int

    @property
    def came_to_words(self) -> str:
        return tactic.WORDS.get(self.came_to, "")

    @property
    def more(self) -> int:
        """Victims beside those that are named."""
        return self.victims_count - len(self.victims)

    def form(self) -> dict[str, Any]:
        """As JSON."""
        seen = self.finding.seen
        return {
            "story": self.id,
            "finding": self.finding.id,
            "title": seen.title,
            "decision": self.finding.decision.value,
            "state": self.finding.state.value,
            "first_seen": seen.first_seen,
            "last_seen": seen.last_seen,
            "attacker": self.attacker,
            "victims": list(self.victims),
            "victims_count": self.victims_count,
            "came_to": self.came_to or None,
            "taken": self.taken,
            "alerts": self.alerts,
            "patients": seen.patients,
        }


def page(site: Site, rules: Mapping[str, Entry], state: State | None = None, after: str = "") -> tuple[list[Outline], str]:
    """Stories, the gravest first, of a page those alike the latest first; and where the next page begins. Raises WrongUse for a mark that
    is none."""
    found, mark = page_of_findings(site, FindingsAsked(state=state.value if state else "", kind=Kind.ALERT.value), after, PAGE)
    ordered = sorted(found, key=lambda one: (-one.decision.rank, -one.seen.last_seen.timestamp()))
    ids = {_story_of(finding): finding for finding in ordered}
    share = NAMED // max(1, len(found))
    look = _look(site, (id for finding in found for id in finding.seen.assets[:share]))
    told: dict[str, list[tuple[Sighting, str]]] = {}
    for story, sighting, alert in store.met_in(ids.keys()):
        if sighting.rule in rules:
            told.setdefault(story, []).append((sighting, alert))
    return [_outline(id, finding, told.get(id, []), rules, look) for id, finding in ids.items()], mark


def _story_of(finding: Finding) -> str:
    """A single alert names its story too."""
    return finding.seen.subject if finding.seen.check == STORY else finding.seen.discriminator


def _look(site: Site, assets: Iterable[str]) -> Look:
    """Whose addresses are, as far as these assets go: names and zones can be asked of it, and nothing of the lake."""
    return Look(_Nothing(), locate(assets_named(site, set(assets)), plan(site)), datetime.now(UTC))


class _Nothing:
    """The lake of who may not ask it."""

    def rows(self, query: str) -> list[dict[str, Any]]:
        raise NotImplementedError("pages read no history")


def _outline(id: str, finding: Finding, told: Sequence[tuple[Sighting, str]], rules: Mapping[str, Entry], look: Look) -> Outline:
    tactics = {rule: rules[rule].meaning.tactics for rule in dict.fromkeys(one.rule for one, _ in told)}
    came = {rule: tactic.rank(tactic.furthest(names)) for rule, names in tactics.items()}
    met: dict[str, int] = {}
    for one in sorted((one for one, _ in told), key=lambda one: came[one.rule]):
        met.update(dict.fromkeys(one.victims, came[one.rule]))
    taken = {victim for one, _ in told if TAKES.intersection(tactics[one.rule]) for victim in one.victims}
    first = next((one for one, alert in told if alert and one.attacker), None)
    return Outline(
        id,
        finding,
        _named(first.attacker, first.end, look) if first else MANY_MACHINES if told else "",
        tuple(dict.fromkeys(_named(victim, finding.seen.last_seen, look) for victim in nlargest(VICTIMS, met, met.__getitem__))),
        len(met),
        tactic.furthest(name for names in tactics.values() for name in names),
        len(taken),
        len({alert for _, alert in told if alert}),
    )


def _named(address: str, when: datetime, look: Look) -> str:
    """Whose an address was, in a name that fills no line: attackers choose them."""
    return one_line(called(who(address, when, look)), NAME)


def one(site: Site, name: str, rules: Mapping[str, Entry]) -> Told:
    """One attack, by the id of the story, or of its finding or one of its alerts, or the beginning of it. Raises WrongUse."""
    named = store.story_named(name) or _of_finding(site, name)
    if len(named) != 1:
        raise WrongUse("more than one story" if named else "no such story", name, "`asepsis network stories list` names them")
    known = [found for found in store.of_stories(named) if found[0].rule in rules]
    finding = _finding_of(site, named[0], [alert for _, _, alert in known])
    look = _look(site, finding.seen.assets)
    clues = tuple(clue_of(rules[sighting.rule], sighting, look, story, alert) for sighting, story, alert in known)
    return as_published(Story(named[0], clues), finding, look)


def _of_finding(site: Site, name: str) -> list[str]:
    """The story that a finding tells, by its id."""
    seen = finding_of(site, name).seen
    return [seen.subject] if seen.check == STORY else []


def _finding_of(site: Site, story: str, parts: Iterable[str]) -> Finding:
    """The finding that tells a story: of a single alert that alert's. Raises WrongUse if it is gone."""
    told = those(site, {identity(STORY, story), *filter(None, parts)})
    whole = those(site, {finding.seen.part_of for finding in told.values()} - {""})
    for finding in (*whole.values(), *told.values()):
        if not finding.seen.part_of:
            return finding
    raise WrongUse("this story is told by no finding any more", story, "`asepsis network stories list` names those there are")
