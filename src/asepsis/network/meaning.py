"""What a rule means for a hospital: who attacks whom, what that does to patients, what to do, and what looks the same and is harmless.

Sigma says which events; the map `asepsis:` of a rule, or of the correlation that speaks for several, says this. A rule of others has none,
and is told by Sigma's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from asepsis.findings.service import Action, Automatable, ClinicalClass, Effort, Harm, HarmKind, Parties, Party
from asepsis.hospital.service import address_of
from asepsis.kit.errors import BadInput

from .detector import LEVELS, Detector
from .sigma.rule import Correlation, Rule

LEARN_DAYS = 28
WIDEST = {4: 8, 6: 16}
"""Bits of the widest network that may be meant: what is wider means everybody."""
ORIGINATOR, RESPONDER = "id_orig_h", "id_resp_h"
_TACTIC, _TECHNIQUE = re.compile(r"attack\.([a-z]+(?:-[a-z]+)*)"), re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_SIDE = frozenset({"kind", "zone", "class", "role", "address", "outside", "partner", "stated"})
_KEYS = frozenset({"attacker", "victim", "account", "title", "fault", "why", "harms", "automatable", "action", "only", "exceptions", "new"})


@dataclass(frozen=True, slots=True)
class Side:
    """Which machines are meant: all that fulfil every line that is there. `outside`: whether the address is the internet's, `partner`:
    whether site.toml names it as a partner's."""

    kinds: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    addresses: tuple[str, ...] = ()
    outside: bool | None = None
    partner: bool | None = None
    stated: bool | None = None

    def meets(self, party: Party, parties: Parties) -> bool:
        """Whether a party is one of those."""
        roles = {role for asset in party.assets for role in (asset.kind, *asset.roles)}
        return (
            (not self.kinds or party.kind in self.kinds)
            and (not self.zones or parties.zone(party.address) in self.zones)
            and (not self.classes or party.clinical_class in self.classes)
            and (not self.roles or bool(self.roles & roles))
            and (not self.addresses or _within(party.address, self.addresses))
            and (self.outside is None or parties.outside(party.address) is self.outside)
            and (self.partner is None or parties.partner(party.address) is self.partner)
            and (self.stated is None or party.stated is self.stated)
        )

    @property
    def words(self) -> str:
        """As a person reads it: `kind printer in office`."""
        named = {"kind": self.kinds, "class": self.classes, "role": self.roles, "zone": self.zones, "address": self.addresses}
        parts = [f"{name} {' or '.join(sorted(of))}" for name, of in named.items() if of]
        flags = {"outside": self.outside, "a partner": self.partner, "stated": self.stated}
        parts += [("" if of else "not ") + name for name, of in flags.items() if of is not None]
        return ", ".join(parts) or "anyone"


@dataclass(frozen=True, slots=True)
class Exemption:
    """Who does what the rule looks for and is no attacker, why, and until the end of which day: for ever without one."""

    reason: str
    attacker: Side = Side()
    victim: Side = Side()
    until: date | None = None

    def covers(self, attacker: Party, victim: Party | None, parties: Parties, day: date) -> bool:
        """Whether what was seen on a day is excused."""
        if self.until is not None and day > self.until:
            return False
        if not self.attacker.meets(attacker, parties):
            return False
        return self.victim == Side() if victim is None else self.victim.meets(victim, parties)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`attacker`, `victim` and `account` are columns of the rule's events. `title` is a sentence with {attacker}, {victims}, {events};
    `fault` names it for many. `new`: the rule speaks only of values of these columns that were not seen together in `days`; with
    `known`, some of these columns, only where those are nothing new: a known device that does what it never did, and no new device.
    `at_once`: it speaks while it learns too, for what it tells of is worth a look in the first week."""

    title: str
    fault: str
    why: str
    harms: Mapping[HarmKind, Harm]
    action: Action
    automatable: Automatable = Automatable.NO
    attacker: str = ORIGINATOR
    victim: str = RESPONDER
    account: str = ""
    only: Exemption | None = None
    exceptions: tuple[Exemption, ...] = ()
    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    days: int = LEARN_DAYS
    at_once: bool = False
    tactics: tuple[str, ...] = field(default=())

    def known_part(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Of the values of `new` those of `known`."""
        return tuple(value for column, value in zip(self.new, values, strict=True) if column in self.known)


def meaning_of(rule: Rule | Correlation | Detector) -> Meaning:
    """What a rule says in its map `asepsis`, or what Sigma's own words come to. Raises BadInput for a key or a value that means nothing."""
    told = rule.attributes.get("asepsis")
    if told is None:
        return _foreign(rule)
    reader = _Reader(rule.where)
    told = reader.map(told, "asepsis", _KEYS)
    new = reader.map(told.get("new", {}), "new", frozenset({"of", "known", "days", "at_once"}))
    return Meaning(
        title=reader.text(told, "title"),
        fault=reader.text(told, "fault"),
        why=reader.text(told, "why"),
        harms=reader.harms(told.get("harms")),
        action=reader.action(told.get("action")),
        automatable=Automatable.YES if reader.flag(told, "automatable") else Automatable.NO,
        attacker=str(told.get("attacker", ORIGINATOR)),
        victim=str(told.get("victim", RESPONDER)),
        account=str(told.get("account", "")),
        only=reader.only(told["only"]) if "only" in told else None,
        exceptions=tuple(reader.exemption(one) for one in reader.list(told.get("exceptions", []), "exceptions")),
        new=tuple(map(str, reader.list(new.get("of", []), "new, of"))),
        known=tuple(map(str, reader.list(new.get("known", []), "new, known"))),
        days=reader.days(new.get("days", LEARN_DAYS)),
        at_once=reader.flag(new, "at_once"),
        tactics=tactics(rule.tags),
    )


def side_of(told: Mapping[str, Any], where: str) -> Side:
    """Machines as a file or a person names them. Raises BadInput."""
    return _Reader(where).side(told, "side")


def tactics(tags: Iterable[str]) -> tuple[str, ...]:
    """The tactics that a rule's tags name, as ATT&CK writes them: `lateral-movement`."""
    return tuple(found[1] for tag in tags if (found := _TACTIC.fullmatch(tag)))


def techniques(tags: Iterable[str]) -> tuple[str, ...]:
    """The techniques that a rule's tags name: `T1021.002`."""
    return tuple(found[1].upper() for tag in tags if (found := _TECHNIQUE.fullmatch(tag)))


def _within(address: str, networks: Iterable[str]) -> bool:
    try:
        ip = ip_address(address_of(address))
    except ValueError:
        return False
    return any(ip in ip_network(network, strict=False) for network in networks if ip_network(network, strict=False).version == ip.version)


def _foreign(rule: Rule | Correlation | Detector) -> Meaning:
    """A rule of others: as grave as Sigma's level says."""
    level = LEVELS.index(rule.level) if rule.level in LEVELS else 2
    why = f"A rule that others wrote calls this {rule.level or 'medium'}; what it means here is for you to say."
    return Meaning(
        title=f"{{attacker}} did what the rule “{rule.title}” looks for, to {{victims}}",
        fault=f"What the rule “{rule.title}” looks for",
        why=rule.title,
        harms={HarmKind.MONEY_AND_TRUST: Harm(min(level, 3), why)},
        action=Action("Look at the events, and ask who runs the machine", Effort.HOURS),
        tactics=tactics(rule.tags),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    where: str

    def bad(self, what: str, todo: str) -> BadInput:
        return BadInput(what, self.where, todo)

    def map(self, value: object, name: str, keys: frozenset[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.bad(f"{name} is no map", f"write {', '.join(sorted(keys))}")
        if unknown := value.keys() - keys:
            raise self.bad(f"{name} has no {min(map(str, unknown))}", f"it has {', '.join(sorted(keys))}")
        return value

    def list(self, value: object, name: str) -> list[Any]:
        if isinstance(value, (str, int, dict)):
            return [value]
        if not isinstance(value, list):
            raise self.bad(f"{name} is no list", "write one")
        return value

    def text(self, told: Mapping[str, Any], name: str) -> str:
        value = told.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.bad(f"asepsis without {name}", f"write {name}: a sentence")
        return " ".join(value.split())

    def harms(self, told: object) -> dict[HarmKind, Harm]:
        given = self.map(told, "harms", frozenset(HarmKind))
        try:
            found = {HarmKind(kind): Harm(self.level(level), str(why)) for kind, (level, why) in given.items()}
        except (TypeError, ValueError):
            raise self.bad("a harm that is not [0 to 4, why]", "write service: [3, why]") from None
        return {kind: found[kind] for kind in HarmKind if kind in found}

    @staticmethod
    def level(value: object) -> int:
        if type(value) is not int:
            raise ValueError("a harm is a whole number")
        return value

    def flag(self, told: Mapping[str, Any], name: str) -> bool:
        value = told.get(name, False)
        if not isinstance(value, bool):
            raise self.bad(f"{name} is true or false", f"write {name}: true")
        return value

    def only(self, told: object) -> Exemption:
        return self.exemption(self.map(told, "only", frozenset({"attacker", "victim"})) | {"reason": "only"})

    def action(self, told: object) -> Action:
        given = self.map(told, "action", frozenset({"title", "effort", "steps"}))
        try:
            effort = Effort(given.get("effort", Effort.HOURS))
        except ValueError:
            raise self.bad(f"{given['effort']} is no effort", f"one of {', '.join(Effort)}") from None
        return Action(self.text(given, "title"), effort, tuple(map(str, self.list(given.get("steps", []), "steps"))))

    def days(self, value: object) -> int:
        if type(value) is not int or not 1 <= value <= 366:
            raise self.bad(f"{value} is no number of days", "write 1 to 366")
        return value

    def exemption(self, told: object) -> Exemption:
        given = self.map(told, "an exception", frozenset({"reason", "attacker", "victim", "until"}))
        until = given.get("until")
        if isinstance(until, datetime):
            until = until.date()
        if until is not None and not isinstance(until, date):
            try:
                until = date.fromisoformat(str(until))
            except ValueError:
                raise self.bad(f"{until} is no day", "write 2027-01-31") from None
        sides = {name: self.side(given[name], name) for name in ("attacker", "victim") if given.get(name)}
        if not sides:
            raise self.bad("an exception without sides would switch the rule off", "write attacker: or victim:")
        return Exemption(self.text(given, "reason"), until=until, **sides)

    def side(self, told: object, name: str) -> Side:
        given = self.map(told, name, _SIDE)
        if unknown := {str(one) for one in self.list(given.get("class", []), "class")} - set(ClinicalClass):
            raise self.bad(f"{min(unknown)} is no clinical class", f"one of {', '.join(ClinicalClass)}")
        for flag in ("outside", "partner", "stated"):
            if flag in given and not isinstance(given[flag], bool):
                raise self.bad(f"{flag} is true or false", f"write {flag}: true")
        networks = tuple(map(str, self.list(given.get("address", []), "address")))
        for network in networks:
            try:
                found = ip_network(network)
            except ValueError:
                raise self.bad(f"{network} is no address or network", "write 10.1.2.3 or 10.1.0.0/16") from None
            if found.prefixlen < WIDEST[found.version]:
                raise self.bad(f"{network} is half the world", f"write a network of /{WIDEST[found.version]} or narrower")
        names = {"kinds": "kind", "zones": "zone", "classes": "class", "roles": "role"}
        sets = {to: frozenset(map(str, self.list(given.get(key, []), key))) for to, key in names.items()}
        return Side(**sets, addresses=networks, outside=given.get("outside"), partner=given.get("partner"), stated=given.get("stated"))
