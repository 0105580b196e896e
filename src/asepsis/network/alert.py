"""From sightings of one attacker by one rule to an alert: the finding that an attack was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from asepsis.findings.service import (
    SAFETY_OF,
    Exploitation,
    Exposure,
    Harm,
    HarmKind,
    Kind,
    Look,
    Party,
    Points,
    Proposal,
    Step,
    counted,
    large,
    named,
)
from asepsis.hospital.service import is_guess

from .detector import LEVELS
from .library import Entry
from .meaning import Exemption, techniques
from .repute import ANYTHING, Repute, roles_of
from .sighting import Sighting

ASSETS_MAX = 200
_A_MINUTE = timedelta(minutes=1)
MANY_MACHINES = "many machines, or somebody who makes up their addresses"
SIGN = LEVELS.index("low")


def opens(entry: Entry) -> bool:
    """Whether a rule opens alerts by itself; a sign only tells more of a story."""
    level = entry.speaks.level
    return level is None or LEVELS.index(level) > SIGN


def left_after(entry: Entry, exceptions: Collection[Exemption], sighting: Sighting, look: Look, repute: Repute) -> Sighting | None:
    """What of a sighting is no harmless thing: without the victims that an exception or the rule's own condition leaves out. A person's
    exceptions, and those of rules that a site added, take the attacker for what it is taken for; those of asepsis as `repute` has it."""
    only, own = entry.meaning.only, entry.meaning.exceptions
    if only is None and not own and not exceptions:
        return sighting
    attacker, parties, day = who(sighting.attacker, sighting.end, look), look.parties, sighting.end.date()
    believed = repute.believed(attacker, sighting.end) if entry.own else attacker

    def counts(victim: Party | None) -> bool:
        if only is not None and not only.covers(attacker, victim, parties, day):
            return False
        if any(one.covers(believed, victim, parties, day) for one in own):
            return False
        return not any(one.covers(attacker, victim, parties, day) for one in exceptions)

    victims = tuple(address for address in sighting.victims if counts(who(address, sighting.end, look)))
    if victims or (not sighting.victims and counts(None)):
        return sighting if victims == sighting.victims else replace(sighting, victims=victims)
    return None


def who(address: str, when: datetime, look: Look) -> Party:
    """Whose an address was then."""
    return look.at(look.locator.place(address, when))


def called(party: Party) -> str:
    """A party as an alert names it. What a machine was taken for because of what it does may be the attack itself."""
    if party.asset and is_guess(party.asset):
        name = f"the machine {' '.join([*party.asset.hostnames[:1], f'at {party.address}'])}"
        moved = party.asset.addresses and party.address not in party.asset.addresses
        return f"{name} (now at {party.asset.addresses[0]})" if moved else name
    return party.placed


def alert(entry: Entry, sightings: Sequence[Sighting], look: Look, story: str = "", repute: Repute = ANYTHING) -> Proposal:
    """The alert of what one attacker was seen doing in a story, one sighting or more."""
    meaning = entry.meaning
    attacker = who(sightings[0].attacker, sightings[-1].end, look)
    met = {who(victim, one.end, look).place: None for one in sightings for victim in one.victims}
    victims = look.all_at(met)
    others = [victim for victim in victims if victim.key != attacker.key]
    first, last = min(one.begin for one in sightings), max(one.end for one in sightings)
    events = sum(one.events for one in sightings)
    words = {
        "attacker": called(attacker) if attacker.address else MANY_MACHINES,
        "victims": named(others) if others else "the network",
        "events": f"{events:,}",
    }
    reach = reach_of((attacker, *others), look)
    return Proposal(
        check=entry.name,
        kind=Kind.ALERT,
        subject=attacker.key or MANY_MACHINES,
        title=large(_filled(meaning.title, words)),
        fault=meaning.fault,
        harms=_with_reach(meaning.harms, reach),
        points=Points(Exploitation.ACTIVE, Exposure.OPEN, meaning.automatable),
        action=meaning.action,
        why=_why(entry, words, first, last, events, _recent(entry, attacker, last, repute)),
        first_seen=first,
        last_seen=last,
        discriminator=story,
        zone=attacker.zone or look.parties.zone(attacker.address),
        asset_kind=attacker.kind_told,
        events=tuple(dict.fromkeys(row.event_id for one in sightings for row in one.evidence)),
        patients=max(look.patients(party) for party in (attacker, *victims)),
        assets=tuple(dict.fromkeys(id for party in (attacker, *victims) for id in party.ids))[:ASSETS_MAX],
        reach=reach,
    )


def _filled(text: str, words: dict[str, str]) -> str:
    """Only the words that are meant: what a rule of others writes in braces is no program."""
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text


def _why(entry: Entry, words: dict[str, str], first: datetime, last: datetime, events: int, recent: str) -> str:
    when = f"at {first:%H:%M:%S} UTC on {first:%Y-%m-%d}"
    if last - first >= _A_MINUTE:
        until = f"{last:%H:%M} UTC" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M} UTC"
        when = f"from {first:%Y-%m-%d %H:%M} to {until}"
    known = techniques(entry.speaks.tags)
    named_as = f" ATT&CK: {', '.join(known)}." if known else ""
    return f"{large(_filled(entry.meaning.why, words))} Seen in {counted(events, 'event')} {when}.{recent}{named_as}{credit([entry])}"


def _recent(entry: Entry, attacker: Party, when: datetime, repute: Repute) -> str:
    """An attacker that is not excused because it is new as what it is: since when, so that who set it up can say so."""
    told = [f"{role} since {since:%Y-%m-%d}" for role, since in sorted(repute.recent(attacker, roles_of([entry]), when).items())]
    return f" It is taken for {' and '.join(told)} only: if that is what it is, state its kind in site.toml." if told else ""


def credit(entries: Iterable[Entry]) -> str:
    """Who wrote those rules that others wrote, as a sentence behind another."""
    names = dict.fromkeys(entry.credit for entry in entries if entry.credit)
    return f" {'Rules' if len(names) > 1 else 'Rule'} by {'; '.join(names)}." if names else ""


def reach_of(parties: Iterable[Party], look: Look) -> tuple[Step, ...]:
    """The devices that patients depend on and whoever holds these machines may get at, each by the shortest way."""
    nearest: dict[str, Step] = {}
    for party in parties:
        for step in look.steps(party):
            known = nearest.get(step.clinical_class)
            if known is None or (step.steps, step.asset) < (known.steps, known.asset):
                nearest[step.clinical_class] = step
    return tuple(nearest.values())


def _with_reach(harms: Mapping[HarmKind, Harm], reach: Sequence[Step]) -> dict[HarmKind, Harm]:
    """The harm to safety is that of the gravest device within reach: one that is talked to anyway is as good as held, each further step
    takes one level off."""
    found = dict(harms)
    for step in reach:
        level = SAFETY_OF[step.clinical_class] - max(0, step.steps - 1)
        if level > (found[HarmKind.SAFETY].level if HarmKind.SAFETY in found else 0):
            near = f"From there one gets at {step.name}, which a patient needs."
            found[HarmKind.SAFETY] = Harm(level, near if step.steps else f"{large(step.name)} is in it, which a patient needs.")
    return {kind: found[kind] for kind in HarmKind if kind in found}
