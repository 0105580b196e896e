"""Connections of the hospital's machines with addresses outside, as detectors look at them: hour by hour."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from asepsis.findings.service import public_sql

from ..detector import Given
from ..sigma import sql
from .book import HOUR, SECOND, Book, key, micros, moment, sane
from .callers import callers

NAMES_MAX = 256
"""Names of servers remembered for connections of one machine that go on: more at a time has no machine that is no proxy."""
DAYS_S = 30 * 86_400
"""No connection is counted as longer."""
_CALLS = """
    SELECT event_id, uid, EPOCH_US(ts) AS at, id_orig_h AS source, id_resp_h AS address, id_resp_p AS port, duration, orig_bytes AS sent,
           resp_bytes AS received, service, interim
    FROM conn WHERE ts >= {0} AND ts < {1} AND {2} AND proto IN ('tcp', 'udp')
"""
_NAMES = """
    SELECT uid, id_orig_h AS source, MAX(server_name) AS name, MAX(EPOCH_US(ts)) AS at FROM ssl
    WHERE ts >= {0} AND ts < {1} AND {2} AND server_name IS NOT NULL GROUP BY uid, id_orig_h
"""
_NEWEST = "SELECT MAX(EPOCH_US(ts)) AS at FROM conn WHERE ts >= {0} AND ts < {1}"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Call:
    """A row of such a connection. Times are microseconds, `end` is that of its last packet; `service` is the name that was asked for, else
    the address; `spoken` what was recognised by its content."""

    event_id: str
    uid: str
    source: str
    address: str
    service: str
    port: int
    begin: int
    end: int
    sent: int
    received: int
    spoken: str
    interim: bool

    @property
    def hour(self) -> int:
        """The hour in which its last packet was: rows come by their ends."""
        return self.end // HOUR

    @property
    def at(self) -> tuple[str, int]:
        return self.service, self.port


@dataclass(frozen=True, slots=True)
class Score:
    """How near a machine and a place are to being told of at the end of an hour (since 1970): `value` times what it takes, so from 1 on."""

    source: str
    service: str
    hour: int
    value: float


@dataclass(frozen=True, slots=True)
class Hourly:
    """What a detector does with the hours: the keys that a call touches, how it remembers the calls of one, and what it drops after it."""

    keys: Callable[[Call], Iterable[str]]
    remember: Callable[[Given, Book, int, Iterable[Call]], None]
    tidy: Callable[[Book, int], None]


def by_the_hour(given: Given, book: Book, of: Hourly, judge: Callable[[Given, Book, str, int], Found | None]) -> list[Found]:
    """Takes the new rows in, and gives what `judge` finds of each key that is due when an hour is over."""
    found = calls(given, book)
    last = newest(given, found)
    by: defaultdict[int, list[Call]] = defaultdict(list)
    for call in found:
        by[call.hour].append(call)
    book.want(name for call in found for name in of.keys(call))
    seen: list[Found] = []
    for hour in book.hours(by):
        of.remember(given, book, hour, by.get(hour, ()))
        if (due := book.close(hour, last)) is not None:
            book.want(due)
            seen += [one for name in due if (one := judge(given, book, name, hour)) is not None]
            of.tidy(book, hour)
    book.keep()
    return seen


def calls(given: Given, book: Book) -> list[Call]:
    """The new rows, in order of their ends. The name of a server comes with the first packets of a connection, its bytes with the last: it
    is remembered for as long as that lasts."""
    rows = [row for row in given.news.rows(_asked(_CALLS)) if _leaves(given, row["source"], row["address"])]
    names = {row["uid"]: row for row in given.news.rows(_asked(_NAMES))}
    keys = {source: key("names", source) for source in {row["source"] for row in (*rows, *names.values())}}
    book.want(keys.values())
    known = {source: dict(book.get(name) or {}) for source, name in keys.items()}
    for uid, row in names.items():
        known[row["source"]].setdefault(uid, [row["name"], row["at"]])
    found = []
    for row in rows:
        name = known[row["source"]].get(row["uid"], (row["address"],))[0]
        begin = row["at"]
        length = round(min(max(row["duration"] or 0.0, 0.0), DAYS_S) * SECOND)
        told = (row["sent"] or 0, row["received"] or 0, row["service"] or "", bool(row["interim"]))
        found.append(
            Call(row["event_id"], row["uid"] or "", row["source"], row["address"], name, row["port"] or 0, begin, begin + length, *told)
        )
    over = {row["uid"] for row in rows if not row["interim"]}
    for source, name in keys.items():
        left = sorted(((uid, told) for uid, told in known[source].items() if uid not in over), key=lambda one: (-one[1][1], one[0]))
        if (kept := dict(left[:NAMES_MAX])) != (book.get(name) or {}):
            times = [moment(row["at"]) for row in (*rows, *names.values()) if row["source"] == source]
            book.saw(name, kept, min(times), max(times))
    return sorted(found, key=lambda call: (call.end, call.event_id))


def newest(given: Given, found: Iterable[Call]) -> int:
    """Up to when rows are there."""
    least, most = sane()
    times = [row["at"] for row in given.news.rows(_asked(_NEWEST)) if row["at"] is not None]
    return max([*(call.end for call in found), *times, *([micros(given.now)] if least <= given.now < most else [])], default=0)


def hosts(given: Given) -> dict[str, int]:
    """The hospital's machines that begin a connection, and when each first does, in microseconds."""
    machine = given.look.locator.machine
    first: dict[str, int] = {}
    for row in callers(given):
        source, at = row["source"], row["first"]
        if at < first.get(source, at + 1) and machine(source):
            first[source] = at
    return first


def partner(given: Given, addresses: list[str], service: str) -> bool:
    """Whether a place is a partner's, by its name or by all of its addresses."""
    return all(given.look.locator.partner(address, "" if service == address else service) for address in addresses)


def _asked(query: str) -> str:
    return query.format(*map(sql.moment, sane()), public_sql("id_resp"))


def _leaves(given: Given, source: str | None, address: str | None) -> bool:
    parties = given.look.parties
    return bool(source and address) and parties.outside(address or "") and not parties.outside(source or "")


def times(measured: float, least: float) -> float:
    """How many times what it takes."""
    return measured / least if least > 0 else math.inf
