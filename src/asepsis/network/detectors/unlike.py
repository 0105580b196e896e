"""A device that talks to a service in a zone that no other of its kind talks to.

Learned is for each kind which services in which zones it uses, and by whom each was used first. At the end of each hour those are told of
that are new to the kind and used by one alone: when a program is rolled out, or a server moves, others follow within the hour.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from asepsis.findings.service import ClinicalClass

from ..detector import Given, Number
from ..memory import Known, Time
from ..sighting import Evidence, Sighting, group_text
from ..sigma import sql
from .book import HOUR, Book, key, micros, moment, sane
from .callers import callers

SETTINGS: Mapping[str, Number] = {"least": 5, "patients": 0}
"""Assets of a kind from which it is known how the kind behaves; with `patients` 1 the devices that patients depend on are looked at, with 0
all others."""
PATIENTS = frozenset({ClinicalClass.LIFE, ClinicalClass.MONITOR})
USERS = 2
"""Of each service those who used it first: with two it is nobody's own."""
SERVICES_MAX, NEW_MAX = 5_000, 32
"""Services that are remembered of a kind, and how many new ones of one machine in an hour: more are a scan, which has rules of its own."""
EPHEMERAL = 32_768
"""Ports from here on are given to whoever asks (as Linux does): which one it is means nothing."""
FORGET = timedelta(days=28)
DAY = 24
_TIDY = 6
FIRST = 4
"""Of those who used a service in an hour so many are read: some may be passed over (`NEW_MAX`), and those behind them count."""
_TALKS = "ts >= {} AND ts < {} AND resp_bytes > 0 AND orig_bytes > 0 AND proto IN ('tcp', 'udp')"
_TARGETS = "SELECT DISTINCT id_resp_h AS address FROM conn WHERE {talks} AND id_resp_h IS NOT NULL"
_USES = """
    WITH t AS (SELECT k.n AS kind, z.n AS zone, COALESCE(NULLIF(service, ''), CASE WHEN id_resp_p < {ephemeral}
                THEN CONCAT(proto, '/', id_resp_p) ELSE proto END) AS service, EPOCH_US(ts) // {hour} AS hour,
            id_orig_h AS source, MIN(struct_pack(at := EPOCH_US(ts), address := id_resp_h, event := event_id)) AS first
        FROM conn JOIN ({sources}) AS k ON id_orig_h = k.address JOIN ({targets}) AS z ON id_resp_h = z.address
        WHERE {talks} GROUP BY ALL),
    p AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY kind, zone, service, hour ORDER BY first.at, source) AS place FROM t)
    SELECT kind, zone, service, hour, source, first.at AS at, first.address AS address, first.event AS event FROM p WHERE place <= {first}
"""
"""Who used each service first in each hour, those of a kind together."""


_Word = TypeVar("_Word")


def run(given: Given) -> list[Sighting]:
    """Who did what none of its kind does in the hours that came to an end."""
    book = Book(given.memory)
    uses = _uses(given)
    # One packet with the clock of another century must not stop the hours.
    last = micros(given.now) if sane()[0] <= given.now < sane()[1] else max((use.at for use in uses), default=0)
    by: defaultdict[int, list[_Use]] = defaultdict(list)
    for use in uses:
        by[use.at // HOUR].append(use)
    book.want({key("kind", use.kind) for use in uses})
    seen: list[Sighting] = []
    for hour in book.hours(by):
        new: Counter[str] = Counter()
        for use in sorted(by.get(hour, ()), key=_order):
            _remember(book, use, hour, new)
        if (due := book.close(hour, last)) is not None:
            seen += [one for name in due if (one := _judge(given, book, name, hour))]
            if hour % DAY == _TIDY:
                _tidy(book, hour)
    book.keep()
    return seen


@dataclass(frozen=True, slots=True)
class _Use:
    """A machine of a kind uses a service in a zone (`of`, a key) for the first time in an hour: when (microseconds), where, and the row."""

    kind: str
    of: str
    at: int
    source: str
    address: str
    event: str


def _order(use: _Use) -> tuple[int, str, str, str]:
    return use.at, use.source, use.address, use.event


def _uses(given: Given) -> list[_Use]:
    count = Counter(asset.kind for asset in given.look.locator.assets.values())
    enough = {kind for kind in count if count[kind] >= given.settings["least"]}
    # Devices that patients depend on and all others are kinds of their own, so that who looks at either asks the same.
    kind_of = {source: kind for source in _sources(given) if (kind := _kind(given, source))[1] in enough}
    zone_of = {target: zone for target in _targets(given) if (zone := _zone(given, target)) is not None} if kind_of else {}
    if not zone_of:
        return []
    kinds, zones = sorted(set(kind_of.values())), sorted(set(zone_of.values()))
    sources, targets = _numbered(kind_of, kinds), _numbered(zone_of, zones)
    query = _USES.format(talks=_talks(), sources=sources, targets=targets, ephemeral=EPHEMERAL, hour=HOUR, first=FIRST)
    mine = bool(given.settings["patients"])
    return [
        _Use(kind, key(row["service"], zones[row["zone"]]), row["at"], row["source"], row["address"], row["event"])
        for row in given.news.rows(query)
        for depended, kind in (kinds[row["kind"]],)
        if depended is mine
    ]


def _talks() -> str:
    return _TALKS.format(*map(sql.moment, sane()))


def _sources(given: Given) -> set[str]:
    return {row["source"] for row in callers(given) if row["talks"] and sql.UNIT not in row["source"]}


def _targets(given: Given) -> list[str]:
    rows = given.news.rows(_TARGETS.format(talks=_talks()))
    return [row["address"] for row in rows if sql.UNIT not in row["address"]]


def _numbered(words: Mapping[str, _Word], among: Sequence[_Word]) -> str:
    """Addresses with the number of their word among some, as a query."""
    numbers = {word: str(n) for n, word in enumerate(among)}
    return sql.table({"address": list(words), "n": [numbers[word] for word in words.values()]}, {"n": "INTEGER"})


def _kind(given: Given, address: str) -> tuple[bool, str]:
    """Whether patients depend on a machine, and its kind."""
    party = given.look.at(address)
    return party.clinical_class in PATIENTS, party.kind


def _zone(given: Given, address: str) -> str | None:
    """Nothing of what is nobody's address."""
    if given.look.parties.outside(address):
        return "outside"
    return given.look.parties.zone(address) if given.look.locator.machine(address) else None


def _remember(book: Book, use: _Use, hour: int, new: Counter[str]) -> None:
    """Takes a use into what is known of a kind."""
    name = key("kind", use.kind)
    known = book.get(name) or {}
    users, day = known.get(use.of) or ([], 0)
    if not users:
        if len(known) >= SERVICES_MAX or new[use.source] >= NEW_MAX:
            return
        new[use.source] += 1
    mine = [user for user in users if user[1] == use.source]
    first = min([*mine, [use.at, use.source, use.address, use.event]])
    after = sorted([*(user for user in users if user[1] != use.source), first])[:USERS]
    if after != users or day < hour // DAY:
        known[use.of] = [after, max(day, hour // DAY)]
        book.saw(name, known, moment(use.at), moment(use.at))
    if after[0][0] // HOUR == hour:
        book.due(hour, key(name, use.of))


def _judge(given: Given, book: Book, name: str, hour: int) -> Sighting | None:
    kind, of = json.loads(name)
    users, _ = (book.get(kind) or {}).get(of) or ([], 0)
    users = [user for user in users if user[0] < (hour + 1) * HOUR]
    if len(users) != 1 or users[0][0] // HOUR != hour or moment(users[0][0]) < given.taught:
        return None
    ((at, source, address, event),) = users
    service, zone = json.loads(of)
    evidence = (Evidence("conn", event, moment(at)),)
    group = group_text((("service", service), ("zone", zone)))
    return Sighting(given.name, source, (address,), moment(at), moment(at), 1, evidence, group)


def unlearn(name: str, known: Known, time: Time) -> Known | None:
    """Without those who used a service first in a time, the services that nobody is left of, and its days as days of use."""
    if not name.startswith('["kind"'):
        return known
    spared = {of: ([user for user in users if moment(user[0]) not in time], day) for of, (users, day) in known.value.items()}
    left = {of: [users, _cooled(users[-1][0], day, time)] for of, (users, day) in spared.items() if users}
    return replace(known, value=left) if left else None


def _cooled(latest: int, day: int, time: Time) -> int:
    """The day of the last use, of which a time is no proof."""
    if not time.meets(moment(day * DAY * HOUR), moment((day + 1) * DAY * HOUR)):
        return day
    return int(min(day, max(latest, micros(time.since) - 1) // (DAY * HOUR)))


def _tidy(book: Book, hour: int) -> None:
    """Forgets what no machine of a kind used for so long."""
    month = hour // DAY - FORGET.days
    for name, one in book.all().items():
        left = {of: told for of, told in one.value.items() if told[1] >= month}
        if len(left) < len(one.value):
            book.change(name, left)
