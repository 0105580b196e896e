"""A device that talks to a service in a zone that no other of its kind talks to.

Learned is for each kind which services in which zones it uses, and by whom each was used first. At the end of each hour those are told of
that are new to the kind and used by one alone: when a program is rolled out, or a server moves, others follow within the hour.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from asepsis.findings.service import ClinicalClass

from ..detector import Given, Number
from ..sighting import Evidence, Sighting, group_text
from ..sigma import sql
from .book import HOUR, Book, key, micros, moment, sane

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
_USES = """
    SELECT id_orig_h AS source, id_resp_h AS address, id_resp_p AS port, proto, service, MIN(ts) AS first, MIN_BY(event_id, {2}) AS event_id
    FROM conn WHERE ts >= {0} AND ts < {1} AND resp_bytes > 0 AND orig_bytes > 0 AND proto IN ('tcp', 'udp') AND {3}
    GROUP BY id_orig_h, id_resp_h, id_resp_p, proto, service, DATE_TRUNC('hour', ts)
"""
_AT = "struct_pack(a := ts, b := event_id)"


def run(given: Given) -> list[Sighting]:
    """Who did what none of its kind does in the hours that came to an end."""
    book = Book(given.memory)
    kinds = Counter(asset.kind for asset in given.look.locator.assets.values())
    by: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    kind_of = _Kinds(given, {kind for kind, count in kinds.items() if count >= given.settings["least"]})
    rows = given.news.rows(_USES.format(*map(sql.moment, sane()), _AT, _sources(given)))
    # One packet with the clock of another century must not stop the hours.
    last = micros(given.now) if sane()[0] <= given.now < sane()[1] else max((micros(row["first"]) for row in rows), default=0)
    for row in rows:
        if kind_of[row["source"]]:
            by[micros(row["first"]) // HOUR].append(row)
    seen: list[Sighting] = []
    services = _Services(given)
    for hour in book.hours(by):
        new: Counter[str] = Counter()
        settled: set[tuple[str, str]] = set()
        for row in sorted(by.get(hour, ()), key=lambda row: (row["first"], row["source"], row["address"], row["event_id"])):
            kind, service = kind_of[row["source"]], services.of(row)
            if service and (kind, service) not in settled and _remember(book, row, hour, kind, service, new):
                settled.add((kind, service))
        if (due := book.close(hour, last)) is not None:
            seen += [one for name in due if (one := _judge(given, book, name, hour))]
            if hour % DAY == _TIDY:
                _tidy(book, hour)
    book.keep()
    return seen


def _sources(given: Given) -> str:
    """Whose connections are looked at, as SQL. Devices that patients depend on are few among all who talk."""
    if not given.settings["patients"]:
        return "TRUE"
    devices = [asset for asset in given.look.locator.assets.values() if asset.clinical_class in PATIENTS]
    places = {place for asset in devices for place in (*asset.addresses, *(stay.place for stay in asset.stays))}
    return f"id_orig_h IN ({', '.join(map(sql.text, sorted(places)))})" if places else "FALSE"


class _Kinds(dict[str | None, str]):
    """The kind of each address, asked once; nothing for who is not looked at."""

    def __init__(self, given: Given, kinds: Collection[str]) -> None:
        super().__init__()
        self._look, self._kinds, self._patients = given.look, kinds, bool(given.settings["patients"])

    def __missing__(self, address: str | None) -> str:
        party = self._look.at(address or "")
        meant = party.kind in self._kinds and (party.clinical_class in PATIENTS) is self._patients
        self[address] = party.kind if meant else ""
        return self[address]


class _Services:
    """What is talked to and where, as a key: asked once for each address."""

    def __init__(self, given: Given) -> None:
        self._look = given.look
        self._zones: dict[str, str | None] = {}
        self._keys: dict[tuple[str, str], str] = {}

    def of(self, row: Mapping[str, Any]) -> str:
        """Nothing for what is nobody's address."""
        address, port = row["address"] or "", row["port"] or 0
        if address not in self._zones:
            self._zones[address] = self._zone(address)
        if (zone := self._zones[address]) is None:
            return ""
        service = row["service"] or (f"{row['proto']}/{port}" if port < EPHEMERAL else row["proto"])
        if (service, zone) not in self._keys:
            self._keys[service, zone] = key(service, zone)
        return self._keys[service, zone]

    def _zone(self, address: str) -> str | None:
        if self._look.parties.outside(address):
            return "outside"
        return self._look.parties.zone(address) if self._look.locator.machine(address) else None


def _remember(book: Book, row: Mapping[str, Any], hour: int, kind: str, of: str, new: Counter[str]) -> bool:
    """Takes a use into what is known of a kind; whether later ones of this hour say nothing more."""
    name = key("kind", kind)
    known = book.get(name) or {}
    users, day = known.get(of) or ([], 0)
    if not users:
        if len(known) >= SERVICES_MAX or new[row["source"]] >= NEW_MAX:
            return False
        new[row["source"]] += 1
    mine = [user for user in users if user[1] == row["source"]]
    first = min([*mine, [micros(row["first"]), row["source"], row["address"], row["event_id"]]])
    after = sorted([*(user for user in users if user[1] != row["source"]), first])[:USERS]
    if after != users or day < hour // DAY:
        known[of] = [after, max(day, hour // DAY)]
        book.saw(name, known, row["first"], row["first"])
    if after[0][0] // HOUR == hour:
        book.due(hour, key(name, of))
    return len(after) == USERS and first[:2] >= after[-1][:2]


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


def _tidy(book: Book, hour: int) -> None:
    """Forgets what no machine of a kind used for so long."""
    month = hour // DAY - FORGET.days
    for name, one in book.all().items():
        left = {of: told for of, told in one.value.items() if told[1] >= month}
        if len(left) < len(one.value):
            book.change(name, left)
