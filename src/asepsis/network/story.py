"""The alerts of one attacker as one story: by the hosts they share, the hosts that one takes and the next comes from, and the accounts.

An alert goes on with an earlier one of the last three days if the same machine attacks; if the machine that attacks now was taken then, by
a step that gives control of it; if both meet the same address outside that is no partner's; or if both use the same account. Two who attack
the same server have no more in common than that server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .library import Entry
from .sighting import Sighting

WINDOW = timedelta(hours=72)
"""An attacker who rests longer begins a new story: from a foothold to the damage it takes hours to days."""
ALIKE_MAX = 5
"""Attackers who do the same and are told apart."""
SHARED_BY = 3
"""An account that more machines than these use is a service's, and tells nobody from another."""
TAKES = frozenset({"initial-access", "execution", "persistence", "privilege-escalation", "lateral-movement"})
"""Tactics whose step gives control of the machine that it is aimed at."""


@dataclass(frozen=True, slots=True)
class Clue:
    """A sighting, with whose its addresses are: `hosts` are assets where they are known, else addresses, by address; `outside` are those of
    them that are the internet's and no partner's. `alert`: it opens an alert by itself. `story` and `finding` are those that it was told in
    last."""

    sighting: Sighting
    entry: Entry
    hosts: Mapping[str, str]
    outside: frozenset[str] = frozenset()
    alert: bool = True
    story: str = ""
    finding: str = ""

    @property
    def attacker(self) -> str:
        return self.hosts.get(self.sighting.attacker, "")

    @property
    def victims(self) -> list[str]:
        return sorted({self.hosts[address] for address in self.sighting.victims})

    @property
    def begin(self) -> datetime:
        return self.sighting.begin

    @property
    def end(self) -> datetime:
        return self.sighting.end

    @property
    def takes(self) -> bool:
        return bool(TAKES.intersection(self.entry.meaning.tactics))


@dataclass(frozen=True, slots=True)
class Story:
    """Clues in order of time; `merged` are the ids of stories that turned out to be this one."""

    id: str
    clues: tuple[Clue, ...]
    merged: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of attackers and victims, in order of appearance; the first is where it began."""
        told = (address for clue in self.clues for address in (clue.sighting.attacker, *clue.sighting.victims))
        return tuple(dict.fromkeys(filter(None, told)))


@dataclass
class _Threads:
    """The last clue by each thing that ties clues together; `parent` is a forest of clues that belong together."""

    parent: list[int] = field(default_factory=list)
    last: dict[tuple[str, str], int] = field(default_factory=dict)

    def find(self, n: int) -> int:
        while self.parent[n] != n:
            self.parent[n] = self.parent[self.parent[n]]
            n = self.parent[n]
        return n

    def tie(self, n: int, other: int) -> None:
        low, high = sorted((self.find(n), self.find(other)))
        self.parent[high] = low


def stories(clues: Iterable[Clue]) -> list[Story]:
    """The stories that clues make; those without any alert are none."""
    ordered = sorted(clues, key=_order)
    shared = _shared_accounts(ordered)
    threads = _Threads()
    for n, clue in enumerate(ordered):
        threads.parent.append(n)
        for thing in _comes_by(clue, shared):
            other = threads.last.get(thing)
            if other is not None and clue.begin - ordered[other].end <= WINDOW:
                threads.tie(n, other)
        for thing in _leaves(clue, shared):
            threads.last[thing] = n
    groups: dict[int, list[Clue]] = {}
    for n, clue in enumerate(ordered):
        groups.setdefault(threads.find(n), []).append(clue)
    used: set[str] = set()
    return [_story(group, used) for group in _alike([group for group in groups.values() if any(clue.alert for clue in group)])]


def _alike(groups: list[list[Clue]]) -> list[list[Clue]]:
    """Where more than a few attackers do exactly the same they are one campaign, or one who makes up addresses: told apart they would hide
    who is there besides."""
    by: dict[frozenset[str], list[list[Clue]]] = {}
    for group in groups:
        by.setdefault(frozenset(clue.sighting.rule for clue in group if clue.alert), []).append(group)
    found: list[list[Clue]] = []
    for same in by.values():
        found += same if len(same) <= ALIKE_MAX else [[clue for group in same for clue in group]]
    return [sorted(group, key=_order) for group in sorted(found, key=lambda group: min(map(_order, group)))]


def _order(clue: Clue) -> tuple[datetime, datetime, tuple[str, str, str]]:
    return clue.begin, clue.end, clue.sighting.key


def _comes_by(clue: Clue, shared: frozenset[str]) -> Iterable[tuple[str, str]]:
    """What ties a clue to an earlier one."""
    if clue.attacker:
        yield "host", clue.attacker
    yield from (("outside", host) for host in sorted(clue.outside))
    yield from (("account", account) for account in clue.sighting.accounts if account not in shared)


def _leaves(clue: Clue, shared: frozenset[str]) -> Iterable[tuple[str, str]]:
    """What a later clue can be tied to it by."""
    yield from _comes_by(clue, shared)
    if clue.takes:
        yield from (("host", victim) for victim in clue.victims)


def _shared_accounts(clues: Sequence[Clue]) -> frozenset[str]:
    users: dict[str, set[str]] = {}
    for clue in clues:
        for account in clue.sighting.accounts:
            users.setdefault(account, set()).add(clue.attacker)
    return frozenset(account for account, hosts in users.items() if len(hosts) > SHARED_BY)


def _story(group: Sequence[Clue], used: set[str]) -> Story:
    """Its id is the oldest that any of its alerts had and no other story has, else it is made of its first alert."""
    known = [id for id in dict.fromkeys(clue.story for clue in group if clue.story and clue.alert) if id not in used]
    first = next(clue for clue in group if clue.alert)
    text = "\n".join((first.sighting.rule, first.sighting.attacker, first.sighting.group, first.begin.isoformat()))
    made = "S" + hashlib.sha256(text.encode()).hexdigest()[:10]
    id = known[0] if known else made
    used |= {id, *known}
    return Story(id, tuple(group), tuple(known[1:]))
