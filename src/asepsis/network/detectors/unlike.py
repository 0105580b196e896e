"""A device that talks to a service in a zone that no other of its kind talks to.

Learned is for each kind which services in which zones it uses, and by whom each was used first. At the end of each hour those are told of
that are new to the kind and used by one alone: when a program is rolled out, or a server moves, others follow within the hour.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..detector import Given, Number
from ..sighting import Evidence, Sighting, group_text
from ..sigma import sql
from .book import HOUR, Book, key, micros, moment, sane

SETTINGS: Mapping[str, Number] = {"least": 5}
"""Assets of a kind from which it is known how the kind behaves."""
USERS = 3
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
    FROM conn WHERE ts >= {0} AND ts < {1} AND resp_bytes > 0 AND orig_bytes > 0 AND proto IN ('tcp', 'udp')
    GROUP BY id_orig_h, id_resp_h, id_resp_p, proto, service, DATE_TRUNC('hour', ts)
"""
_AT = "struct_pack(a := ts, b := event_id)"


def run(given: Given) -> list[Sighting]:
    """Who did what none of its kind does in the hours that came to an end."""
    book = Book(given.memory)
    kinds = Counter(asset.kind for asset in given.look.locator.assets.values())
    by: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    last = [micros(given.now)] if sane()[0] <= given.now < sane()[1] else []
    for row in given.news.rows(_USES.format(*map(sql.moment, sane()), _AT)):
        by[micros(row["first"]) // HOUR].append(row)
        last.append(micros(row["first"]))
    seen: list[Sighting] = []
    for hour in book.hours(by):
        new: Counter[str] = Counter()
        for row in sorted(by.get(hour, ()), key=lambda row: (row["first"], row["event_id"])):
            _remember(given, book, row, hour, kinds, new)
        if (due := book.close(hour, max(last, default=0))) is not None:
            seen += [one for name in due if (one := _judge(given, book, name, hour))]
            if hour % DAY == _TIDY:
                _tidy(book, hour)
    book.keep()
    return seen


def _service(given: Given, row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is talked to, and where; nothing for what is nobody's address."""
    address = row["address"] or ""
    if given.look.parties.outside(address):
        zone = "outside"
    elif given.look.locator.machine(address):
        zone = given.look.parties.zone(address)
    else:
        return None
    port = row["port"] or 0
    return row["service"] or (f"{row['proto']}/{port}" if port < EPHEMERAL else row["proto"]), zone


def _remember(given: Given, book: Book, row: Mapping[str, Any], hour: int, kinds: Mapping[str, int], new: Counter[str]) -> None:
    kind = given.look.at(row["source"] or "").kind
    if kinds.get(kind, 0) < given.settings["least"] or (service := _service(given, row)) is None:
        return
    name, of = key("kind", kind), key(*service)
    known = book.get(name) or {}
    users, day = known.get(of) or ([], 0)
    if not users:
        if len(known) >= SERVICES_MAX or new[row["source"]] >= NEW_MAX:
            return
        new[row["source"]] += 1
    if _says_nothing_new(users, day, row, hour):
        return
    mine = [user for user in users if user[1] == row["source"]]
    first = min([*mine, [micros(row["first"]), row["source"], row["address"], row["event_id"]]])
    after = sorted([*(user for user in users if user[1] != row["source"]), first])[:USERS]
    if after != users or day < hour // DAY:
        known[of] = [after, max(day, hour // DAY)]
        book.saw(name, known, row["first"], row["first"])
    if after[0][0] // HOUR == hour:
        book.due(hour, key(name, of))


def _says_nothing_new(users: list[list[Any]], day: int, row: Mapping[str, Any], hour: int) -> bool:
    """What most rows say: what several machines of a kind have long used is used again."""
    if len(users) < USERS or day < hour // DAY:
        return False
    at = micros(row["first"])
    return bool(users[0][0] // HOUR < hour and at > users[-1][0])


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
