"""A story as a finding: what happens, since when, from where, how far it came, what is reached next, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asepsis.findings.service import (
    STORY,
    Action,
    Automatable,
    Exploitation,
    Exposure,
    Finding,
    Kind,
    Look,
    Party,
    Points,
    Proposal,
    State,
    Step,
    counted,
    judge,
    large,
    named,
    worst_of,
)

from .alert import ASSETS_MAX, MANY_MACHINES, alert, called, credit, opens, reach_of, who
from .library import Entry
from .meaning import techniques
from .repute import ANYTHING, Repute
from .sighting import Sighting, gathered
from .story import ALIKE_MAX, Clue, Story

STEPS_MAX = 8
FAULTS = 2


def clue_of(entry: Entry, one: Sighting, look: Look, story: str = "", finding: str = "") -> Clue:
    """A sighting with whose its addresses were then."""
    hosts = {address: who(address, one.end, look).key for address in dict.fromkeys((one.attacker, *one.victims)) if address}
    outside = frozenset(key for address, key in hosts.items() if _strange(address, look))
    return Clue(one, entry, hosts, outside, opens(entry), story, finding)


def _strange(address: str, look: Look) -> bool:
    """Whether it is the internet's and no partner's."""
    return look.parties.outside(address) and not look.parties.partner(address)


def alerts_of(story: Story, look: Look, repute: Repute = ANYTHING) -> list[tuple[Proposal, list[Clue]]]:
    """One of each rule and attacker, and what it is made of."""
    by: dict[tuple[str, str], list[Clue]] = {}
    for clue in story.clues:
        if clue.alert:
            by.setdefault((clue.entry.name, clue.attacker), []).append(clue)
    return [(alert(of[0].entry, [clue.sighting for clue in of], look, story.id, repute), of) for of in by.values()]


def finding_of(story: Story, alerts: Sequence[Proposal], look: Look) -> Proposal:
    """The finding of a story of two alerts or more; `alerts` are those that it is made of."""
    hosts = _hosts(story, look)
    root = hosts[0]
    inside = [party for party in hosts if not look.parties.outside(party.address)]
    reach = reach_of(inside, look)
    leading = max(alerts, key=lambda one: (*(part.rank for part in judge(one)), -one.action.effort.rank, one.last_seen))
    first, last = min(one.first_seen for one in alerts), max(one.last_seen for one in alerts)
    yes = any(one.points.automatable is Automatable.YES for one in alerts)
    return Proposal(
        check=STORY,
        kind=Kind.ALERT,
        subject=story.id,
        title=_title(story, root, inside, leading, first),
        fault="An attacker is at work",
        harms=worst_of(one.harms for one in alerts),
        points=Points(Exploitation.ACTIVE, Exposure.OPEN, Automatable.YES if yes else Automatable.NO),
        action=_action(alerts, leading),
        why=_why(story, look, reach_words(reach)),
        first_seen=first,
        last_seen=last,
        zone=root.zone or look.parties.zone(root.address),
        asset_kind=root.kind_told,
        events=tuple(dict.fromkeys(event for one in alerts for event in one.events[:STEPS_MAX])),
        patients=max(one.patients for one in alerts),
        assets=tuple(dict.fromkeys(id for party in hosts for id in party.ids))[:ASSETS_MAX],
        reach=reach,
    )


def _hosts(story: Story, look: Look) -> list[Party]:
    """Whose the addresses of a story were, the first attacker first."""
    met = ((address, clue.end) for clue in story.clues for address in (clue.sighting.attacker, *clue.sighting.victims) if address)
    return look.all_at(dict.fromkeys(who(address, when, look).place for address, when in met))


def _title(story: Story, root: Party, inside: Sequence[Party], leading: Proposal, first: datetime) -> str:
    """The gravest first, then the latest: who reads no further knows what matters."""
    faults = list(dict.fromkeys([leading.fault, *(clue.entry.meaning.fault for clue in reversed(story.clues) if clue.alert)]))
    attackers = len({clue.attacker for clue in story.clues if clue.alert})
    alike = f" and {attackers - 1} others" if attackers > ALIKE_MAX else ""
    told = "; ".join(map(_small, faults[:FAULTS]))
    more = f"; {len(faults)} kinds of steps in all" if len(faults) > FAULTS else ""
    known = [party for party in inside if party.ids] or inside
    many = counted(len(known), "machine")
    return f"Attack from {called(root)}{alike}: {told}{more}, since {first:%H:%M} UTC on {first:%Y-%m-%d}; {many} of ours in it"


def _why(story: Story, look: Look, reach: str) -> str:
    lines = []
    for clue in story.clues:
        if clue.alert:
            attacker = who(clue.sighting.attacker, clue.end, look)
            victims = [one for one in (who(victim, clue.end, look) for victim in clue.sighting.victims) if one.key != attacker.key]
            to = f" to {named(victims)}" if victims else ""
            known = techniques(clue.entry.speaks.tags)
            as_ = f" ({known[0]})" if known else ""
            lines.append(f"{clue.begin:%H:%M} {_small(clue.entry.meaning.fault)}{as_}: {called(attacker)}{to}")
    told = lines if len(lines) <= 2 * STEPS_MAX else [*lines[:STEPS_MAX], f"... {len(lines) - 2 * STEPS_MAX} more ...", *lines[-STEPS_MAX:]]
    signs = sum(not clue.alert for clue in story.clues)
    more = f" {large(counted(signs, 'smaller sign'))} beside." if signs else ""
    return f"{'; '.join(told)}.{more} {reach}{credit(clue.entry for clue in story.clues if clue.alert)}"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def reach_words(reach: Sequence[Step]) -> str:
    """What is reached next if nothing is done."""
    if not reach:
        return "No device that a patient depends on is known to be within reach."
    nearest = sorted(reach, key=lambda step: (step.steps, step.clinical_class))
    told = [f"{step.name} ({counted(step.steps, 'step') + ' away' if step.steps else 'in it already'})" for step in nearest]
    return f"Next within reach if nothing is done: {', '.join(told)}."


def _action(alerts: Sequence[Proposal], leading: Proposal) -> Action:
    """The first thing to do is that of the gravest alert; those of the others follow."""
    others = dict.fromkeys(one.action.title for one in alerts if one.action.title != leading.action.title)
    return Action(leading.action.title, leading.action.effort, (*leading.action.steps, *others)[:STEPS_MAX])


def timeline(story: Story, look: Look) -> list[dict[str, Any]]:
    """Every step of a story, as values. What one attacker did by one rule with less than an hour between is one step."""
    said = {(clue.sighting.rule, clue.sighting.attacker): clue for clue in story.clues}
    steps = gathered(replace(clue.sighting, group="") for clue in story.clues)
    return [_step(said[one.rule, one.attacker], one, look) for one in sorted(steps, key=lambda one: (one.begin, one.key))]


def _step(clue: Clue, one: Sighting, look: Look) -> dict[str, Any]:
    """`attacker_id` and `victim_ids` are ids of assets where they are known, else addresses; `takes`: it gives control of the victims;
    `finding` is that of its alert."""
    attacker = who(one.attacker, one.end, look)
    victims = look.all_at(who(victim, one.end, look).place for victim in one.victims)
    return {
        "begin": one.begin,
        "end": one.end,
        "rule": one.rule,
        "tells": clue.entry.meaning.fault,
        "alert": clue.alert,
        "rule_by": clue.entry.credit,
        "tactics": list(clue.entry.meaning.tactics),
        "techniques": list(techniques(clue.entry.speaks.tags)),
        "attacker": called(attacker) if one.attacker else MANY_MACHINES,
        "attacker_id": attacker.key,
        "victims": [called(victim) for victim in victims],
        "victim_ids": [victim.key for victim in victims],
        "outside": [party.key for party in (attacker, *victims) if _strange(party.address, look)],
        "takes": clue.takes,
        "finding": clue.finding if clue.alert else "",
        "events": one.events,
        "evidence": [{"stream": row.stream, "event_id": row.event_id, "ts": row.ts} for row in one.evidence],
    }


def graph(story: Story, look: Look) -> list[dict[str, Any]]:
    """Who did what to whom: an edge for each pair and fault, with the first and the last time."""
    edges: dict[tuple[str, str, str], list[Clue]] = {}
    for clue in story.clues:
        source = called(who(clue.sighting.attacker, clue.end, look)) if clue.sighting.attacker else "somebody"
        for victim in clue.sighting.victims or ("",):
            target = called(who(victim, clue.end, look)) if victim else "the network"
            edges.setdefault((source, target, clue.entry.meaning.fault), []).append(clue)
    return [
        {"from": source, "to": target, "what": what, "first": min(c.begin for c in of), "last": max(c.end for c in of)}
        for (source, target, what), of in edges.items()
        if source != target
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """A story as people look at it: `told` is its finding, or that of its only alert, as it stands."""

    story: Story
    told: Proposal
    finding: str
    alerts: tuple[str, ...]
    decision: str
    state: str
    next: str
    timeline: list[dict[str, Any]]
    graph: list[dict[str, Any]]

    def form(self) -> dict[str, Any]:
        """As JSON, without its steps."""
        told = self.told
        return {
            "story": self.story.id,
            "finding": self.finding,
            "title": told.title,
            "decision": self.decision,
            "state": self.state,
            "first_seen": told.first_seen,
            "last_seen": told.last_seen,
            "alerts": sum(clue.alert for clue in self.story.clues),
            "signs": sum(not clue.alert for clue in self.story.clues),
            "hosts": list(self.story.addresses),
            "patients": told.patients,
            "next": self.next,
            "reach": [{"class": step.clinical_class, "steps": step.steps, "asset": step.asset, "name": step.name} for step in told.reach],
            "harms": {kind.value: {"level": harm.level, "why": harm.why} for kind, harm in told.harms.items()},
            "action": {"title": told.action.title, "effort": told.action.effort, "steps": list(told.action.steps)},
        }


def told_of(story: Story, look: Look, findings: Mapping[str, Finding]) -> Told:
    """A story as it stands; `findings` are those there are, by id."""
    alerts = [one for one, _ in alerts_of(story, look)]
    told = finding_of(story, alerts, look) if len(alerts) > 1 else alerts[0]
    finding = findings.get(told.id)
    decision, state = (finding.decision, finding.state) if finding else (judge(told)[0], State.OPEN)
    return _told(story, told, told.id, [one.id for one in alerts], decision, state, look)


def as_published(story: Story, finding: Finding, look: Look) -> Told:
    """A story as its `finding` tells it: of the lake nothing is asked, neither what is within reach nor how many patients are."""
    alerts = dict.fromkeys(clue.finding for clue in story.clues if clue.alert and clue.finding)
    return _told(story, finding.seen, finding.id, list(alerts), finding.decision, finding.state, look)


def _told(story: Story, told: Proposal, finding: str, alerts: Sequence[str], decision: str, state: str, look: Look) -> Told:
    return Told(story, told, finding, tuple(alerts), decision, state, reach_words(told.reach), timeline(story, look), graph(story, look))
