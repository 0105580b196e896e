"""What the lake shows, judged: the inventory, every check, what became of each finding. All of it, or what came since.

A look at everything takes as long as there is much. Between two of them a site that is listened to is judged by what came since: faults of
known and of new assets open within seconds. What rests on rows that are not there, what mends a fault, and whether two assets are one, is
said by the next look at everything; it comes to the same whatever was said in between.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from asepsis.devices import service as devices
from asepsis.encryption import service as encryption
from asepsis.findings.service import Check, Line, Look, add, glance, known_checks, publish, trace, worklist
from asepsis.hospital.service import Asset, locate, plan, take_arrivals, take_inventory
from asepsis.kit.site import Site
from asepsis.lake.service import Lake, open_lake
from asepsis.network import service as network

from . import running

_ROOMS = (network, encryption, devices)
_PLACES = "SELECT address, since, until, place FROM places ORDER BY address, since"

COUNTED_S = 300.0
"""Who talks to whom is counted as often between two looks at everything: the map need not be as fresh as an alert, and most pairs are in
every look."""


def all_checks() -> list[Check]:
    """The checks of all measures."""
    return [check for room in _ROOMS for check in room.all_checks()]


def references() -> dict[str, tuple[str, ...]]:
    """Whose guidance each check rests on, by its id."""
    return {check.id: check.references for check in all_checks()}


def judge(site: Site, lake: Lake) -> tuple[list[Asset], Look]:
    """Takes the inventory, runs every check, and remembers what one saw before the next. Where a known finding is not found again, what
    became of its rows is asked before anything is decided."""
    inventory = take_inventory(site, lake)
    look = Look(lake, locate(inventory, plan(site)), last_packet(lake))
    known = known_checks(site)
    for room in _ROOMS:
        for seen in room.examine(look, known):
            traced = partial(trace, room.all_checks(), lake, look.locator, look.now)
            publish(site, seen.proposals, seen.cleared, look.now, traced, [seen.check], lake.whole_since)
    network.detect(site, look)
    return inventory, look


def last_packet(lake: Lake) -> datetime:
    """Findings are judged by the clock of the wire: a capture of last year is not stale because it is read today."""
    return lake.last("conn", "arp", "stats") or datetime.now(UTC)


def places_of(lake: Lake) -> list[running.Span]:
    """Who held addresses that had several holders, as `take_inventory` found it."""
    return [(row["address"], row["since"], row["until"], row["place"]) for row in lake.rows(_PLACES)]


class Judge:
    """Judges one site again and again. Between `everything` and the next it keeps the inventory and what is within reach of whom."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._last: Look | None = None
        self._basis: running.Basis | None = None
        self._counted = 0.0
        self._parts: frozenset[str] = frozenset()
        self._disputed: frozenset[str] = frozenset()

    def everything(self) -> list[Line]:
        """The worklist after a look at the whole lake."""
        with open_lake(self._site) as lake:
            _, look = judge(self._site, lake)
            look.reach.find()
            self._basis, self._counted = running.everything(self._site, look.locator, places_of(lake)), time.monotonic()
        self._last, self._parts, self._disputed = look, lake.parts, frozenset()
        return worklist(self._site)

    def news(self) -> list[Line]:
        """The worklist after a look at what came since; at everything, where there was none before."""
        if self._last is None:
            return self.everything()
        with open_lake(self._site, without=self._parts) as lake:
            locator, disputed = take_arrivals(self._site, lake, self._last.locator)
            look = Look(lake, locator, max(last_packet(lake), self._last.now), reach=self._last.reach)
            self._disputed |= disputed
            add(self._site, [p for p in glance(all_checks(), look) if not self._disputed & {p.subject, p.device}], look.now)
            network.detect(self._site, look)
        if self._basis and time.monotonic() - self._counted >= COUNTED_S:
            running.more(self._site, locator, self._basis)
            self._counted = time.monotonic()
        self._last, self._parts = look, lake.parts
        return worklist(self._site)
