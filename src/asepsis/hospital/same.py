"""Which parts are one machine: joined on strong evidence, proposed to people on weak, never against a contradiction.

Strong is what a machine keeps wherever it goes: its serial number, the endpoint reference of a device (WS-Discovery 1.1 2.1), the DHCP
unique identifier (RFC 8415 11), a certificate of its own. Seen at two places at the same time it may be a copy, so it joins nothing then,
also not what had it before or after. Weak is what people give: host names, AE titles, HL7 applications; a replacement inherits them. Only
two network cards of one name that are there in turn, again and again, are a laptop: a replacement takes over once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

from asepsis.hospital.facts import Fact
from asepsis.hospital.identity import OFTEN
from asepsis.hospital.parts import Part, serials
from asepsis.hospital.tenure import BEFORE

Interval = tuple[datetime, datetime]
Presence = Callable[[set[str]], Mapping[str, Sequence[Interval]]]
"""When something was seen at each of these places, hour by hour."""

TURNS = 3
"""Changes from one place to another and back that show one machine with two network cards."""
TO_AND_FRO = 1 / 3
"""A machine that moves is seen at one place for a while; where more of the sightings than this are changes, there are two machines."""
MOST_CARDS = 8
"""MAC addresses that one machine is believed to have: its own two, and those of the docking stations that it stands on."""
SHARED_BY_MANY = 8
"""A name or key that more parts than this have tells nothing of any two."""
WORDS = {
    "serial": "serial number",
    "endpoint": "endpoint reference",
    "duid": "DHCP unique identifier",
    "certificate": "certificate",
    "hostname": "host name",
    "ae": "AE title and software",
    "hl7": "HL7 application and facility",
}
_STRONG = ("serial", "endpoint", "duid", "certificate")
_WEAK = ("hostname", "ae", "hl7")


@dataclass(frozen=True, slots=True)
class Key:
    """A sign by which a machine may be known again, and an event that shows it."""

    kind: str
    value: str
    event_id: str = ""

    @property
    def words(self) -> str:
        value = self.value[:16] if self.kind == "certificate" else " ".join(self.value.split("|")).strip()
        return f"{WORDS[self.kind]} {value}"


@dataclass(frozen=True, slots=True)
class Tie:
    """Why two parts (by their numbers) are, or may be, one machine."""

    one: int
    other: int
    why: str
    events: tuple[str, ...]

    @property
    def words(self) -> str:
        """The reason with the events that show it; what people said has none."""
        return f"{self.why.rstrip('.')} (events {', '.join(self.events[:2])})." if self.events else self.why


@dataclass(frozen=True, slots=True)
class Joined:
    """Groups of parts that are one machine each, what joined them, and what only may be one."""

    groups: tuple[tuple[int, ...], ...]
    ties: tuple[Tie, ...]
    proposed: tuple[Tie, ...]


def keys(part: Part) -> list[Key]:
    """The signs of a part, the strong ones first."""
    view = part.view
    out = [Key("serial", f"{maker}|{serial}", event) for maker, serial, event in serials(part)]
    # Anybody can send a hello in the name of an address: of several references one must have been told often.
    lone = len({e.endpoint for e in view.endpoints}) == 1
    out += [Key("endpoint", e.endpoint, e.event_id) for e in view.endpoints if lone or e.events >= OFTEN]
    # RFC 4361 6.1: type 255 carries an identifier of the interface and the DUID of the machine.
    out += [Key("duid", c.client_id, c.event_id) for c in view.clients if c.client_id and c.client_id.startswith("255:")]
    if part.role == "whole":
        out += [Key("certificate", c.fingerprint, c.event_id) for c in view.certificates]
        out += [Key("hostname", c.host_name.casefold(), c.event_id) for c in view.clients if c.host_name and "*" not in c.host_name]
    out += [Key("ae", f"{a.calling_ae} ({a.calling_uid})", a.event_id) for a in view.called_out if a.calling_ae and a.calling_uid]
    out += [Key("hl7", f"{m.sending_application}|{m.sending_facility or ''}", m.event_id) for m in view.hl7_sent if m.sending_application]
    return list({(key.kind, key.value): key for key in sorted(out, key=_order)}.values()) if out else []


def join(parts: Sequence[Part], present: Presence, told: Iterable[Tie] = (), apart: Sequence[Sequence[bool | None]] = ()) -> Joined:
    """The groups. `told` are parts that people said are one machine: these need no evidence. Each of `apart` says of every part on which
    side of a split it is, if on any."""
    having = [keys(part) if part.role != "adapter" else [] for part in parts]
    shared = _shared(having)
    seen = _Seen(parts, present, {n for numbers in shared.values() for n in numbers})
    ties, proposed = list(told), []
    union = _Union([{(m.casefold(), s.casefold()) for m, s, _ in serials(part)} for part in parts], apart)
    for tie in ties:
        union.join(tie.one, tie.other, True)
    for key, numbers in sorted(shared.items(), key=lambda item: _order(item[0])):
        copied = key.kind in _STRONG and key.kind != "duid" and any(seen.at_once(one, other) for one, other in _pairs(key, numbers))
        for one, other in _pairs(key, numbers):
            if union.same(one, other):
                continue
            tie = Tie(one, other, f"Both have the {key.words}.", _events(having, key, one, other))
            may = not copied and _may_join(key, parts, one, other, seen) and _one_machine(key, parts, union, one, other, seen)
            if may and union.join(one, other):
                ties.append(tie)
            elif key.kind != "certificate" and union.may(one, other):
                proposed.append(tie)
    groups = union.groups()
    where = {n: g for g, numbers in enumerate(groups) for n in numbers}
    return Joined(groups, tuple(ties), tuple(_open(proposed, where, seen)))


def _may_join(key: Key, parts: Sequence[Part], one: int, other: int, seen: _Seen) -> bool:
    clients = [parts[n].view.clients for n in (one, other)]
    if key.kind == "duid":
        # One machine has one identifier on all its interfaces, also at the same time; a copied disk image has it under another name.
        return _agree(*({c.host_name.casefold() for c in of if c.host_name} for of in clients))
    if key.kind == "hostname":
        alike = _agree(*({(c.vendor_class, c.fingerprint) for c in of if c.fingerprint} for of in clients))
        return alike and seen.turns(one, other) >= TURNS and not seen.at_once(one, other)
    if key.kind == "certificate" and not _agree(*({h.mac for h in parts[n].hosts if h.mac} for n in (one, other))):
        # The servers of one service have one certificate; the one that rests may be silent until the other fails.
        return False
    return key.kind in _STRONG and not seen.at_once(one, other)


def _one_machine(key: Key, parts: Sequence[Part], union: _Union, one: int, other: int, seen: _Seen) -> bool:
    """Whether all that was joined with the one can be one machine with all that was joined with the other: who forges signs of several
    machines would else join them through a machine that is none."""
    mine, theirs = union.members(one), union.members(other)
    if len({host.mac for n in (*mine, *theirs) for host in parts[n].hosts if host.mac}) > MOST_CARDS:
        return False
    return key.kind == "duid" or len(mine) == len(theirs) == 1 or not any(seen.at_once(a, b) for a in mine for b in theirs)


def _agree(mine: set[Any], theirs: set[Any]) -> bool:
    return not mine or not theirs or bool(mine & theirs)


def _open(proposed: list[Tie], where: dict[int, int], seen: _Seen) -> Iterator[Tie]:
    """What is still to be asked: of two groups each once, and by a weak sign only of parts that were never there at the same time."""
    asked: set[tuple[int, int]] = set()
    for tie in proposed:
        pair = (min(where[tie.one], where[tie.other]), max(where[tie.one], where[tie.other]))
        if (
            pair[0] != pair[1]
            and pair not in asked
            and (tie.why.startswith("Both have the serial") or not seen.at_once(tie.one, tie.other))
        ):
            asked.add(pair)
            yield tie


def _shared(having: Sequence[Sequence[Key]]) -> dict[Key, list[int]]:
    """Keys that several parts have, with their numbers."""
    by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, known in enumerate(having):
        for key in known:
            by_key[key.kind, key.value].append(n)
    several = ((Key(*of), numbers) for of, numbers in by_key.items() if len(numbers) > 1)
    return {key: numbers for key, numbers in several if key.kind in _STRONG or len(numbers) <= SHARED_BY_MANY}


def _pairs(key: Key, numbers: list[int]) -> Iterator[tuple[int, int]]:
    """All pairs of few; of many those that follow each other, so that one who invents a key for thousands costs nothing."""
    return combinations(numbers, 2) if len(numbers) <= SHARED_BY_MANY else pairwise(numbers)


def _events(having: Sequence[Sequence[Key]], key: Key, *numbers: int) -> tuple[str, ...]:
    return tuple(k.event_id for n in numbers for k in having[n] if (k.kind, k.value) == (key.kind, key.value))


def _rank(key: Key) -> int:
    return (*_STRONG, *_WEAK).index(key.kind)


def _order(key: Key) -> tuple[int, str, str]:
    return _rank(key), key.value, key.event_id


class _Seen:
    """When the parts were there. Those in question only are asked after."""

    def __init__(self, parts: Sequence[Part], present: Presence, numbers: set[int]) -> None:
        self._parts = parts
        self._known: dict[int, list[Interval]] = {}
        self._at = present({a for n in numbers for host in parts[n].hosts for a in host.addresses})

    def at_once(self, one: int, other: int) -> bool:
        """Whether both were seen within an hour at the same time. Behind one address they are told apart by what they say, not by time."""
        mine, theirs = (self._intervals(n) for n in (one, other))
        if {a for h in self._parts[one].hosts for a in h.addresses} & {a for h in self._parts[other].hosts for a in h.addresses}:
            return True
        if _overlap(mine, theirs):
            return True
        return self.turns(one, other) > max(TURNS, TO_AND_FRO * (len(mine) + len(theirs)))

    def turns(self, one: int, other: int) -> int:
        """How often what was seen changes from one to the other."""
        order = sorted((first, n) for n in (one, other) for first, _ in self._intervals(n))
        return sum(before[1] != after[1] for before, after in pairwise(order))

    def _intervals(self, n: int) -> list[Interval]:
        if n not in self._known:
            self._known[n] = sorted(i for host in self._parts[n].hosts for a in host.addresses for i in self._at.get(a, ()))
        return self._known[n]


def _overlap(mine: list[Interval], theirs: list[Interval]) -> bool:
    """Whether an interval of the one has a moment in common with one of the other. Both are in order of their beginnings."""
    ends = {True: BEFORE, False: BEFORE}
    for first, last, side in sorted([*((*i, True) for i in mine), *((*i, False) for i in theirs)]):
        if first <= ends[not side]:
            return True
        ends[side] = max(ends[side], last)
    return False


class _Union:
    """Disjoint sets that never come to hold two serial numbers, unless people say so, nor both sides of a split."""

    def __init__(self, serials: list[set[tuple[str, str]]], apart: Sequence[Sequence[bool | None]]) -> None:
        self._parent = list(range(len(serials)))
        self._members = [[n] for n in range(len(serials))]
        self._serials = serials
        self._sides = [{(split, sides[n]) for split, sides in enumerate(apart) if sides[n] is not None} for n in range(len(serials))]

    def root(self, n: int) -> int:
        while self._parent[n] != n:
            self._parent[n] = n = self._parent[self._parent[n]]
        return n

    def members(self, n: int) -> list[int]:
        return self._members[self.root(n)]

    def same(self, one: int, other: int) -> bool:
        return self.root(one) == self.root(other)

    def may(self, one: int, other: int) -> bool:
        first, second = self.root(one), self.root(other)
        mine, theirs = self._serials[first], self._serials[second]
        if any((split, not side) in self._sides[second] for split, side in self._sides[first]):
            return False
        return not mine or not theirs or bool(mine & theirs)

    def join(self, one: int, other: int, by_word: bool = False) -> bool:
        """Joins two sets; False if a contradiction forbids it."""
        if not by_word and not self.may(one, other):
            return False
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self._parent[second] = first
            self._members[first] = self._members[first] + self._members[second]
            self._serials[first] = self._serials[first] | self._serials[second]
            self._sides[first] = self._sides[first] | self._sides[second]
        return True

    def groups(self) -> tuple[tuple[int, ...], ...]:
        found: dict[int, list[int]] = defaultdict(list)
        for n in range(len(self._parent)):
            found[self.root(n)].append(n)
        return tuple(tuple(numbers) for _, numbers in sorted(found.items()))


def spans(facts: Iterable[Fact]) -> list[Interval]:
    """From the first to the last of these facts: the presence where nothing finer is known."""
    found = [(f.first, f.last) for f in facts]
    return [(min(f for f, _ in found), max(last for _, last in found))] if found else []
