"""What a feed is to a detector: messages of one program to one receiver, minute by minute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..detector import Given
from ..sigma import sql
from .book import SECOND, micros, sane
from .callers import MINUTE, callers

DAYS_S = 86_400
TRIED_MAX = 500
"""Places that refused somebody in one minute: more are a scan, of which the first in order are looked at."""
_AT = "struct_pack(a := ts, b := event_id)"
_AT_MINUTE = f"EPOCH_US(ts) // {MINUTE}"
_MESSAGES = {
    "hl7": """
        SELECT id_orig_h AS source, id_resp_h AS receiver, id_resp_p AS port, sending_application AS title, COUNT(latency) AS answered,
               COUNT(*) AS messages, MAX_BY(event_id, {2}) AS event_id, MAX(EPOCH_US(ts)) AS at
        FROM hl7 WHERE ts >= {0} AND ts < {1} AND is_ack IS NOT TRUE
        GROUP BY id_orig_h, id_resp_h, id_resp_p, sending_application, {3}
    """,
    "astm": """
        SELECT id_orig_h AS source, id_resp_h AS receiver, id_resp_p AS port, sender AS title, COUNT(*) AS answered,
               COUNT(*) AS messages, MAX_BY(event_id, {2}) AS event_id, MAX(EPOCH_US(ts)) AS at
        FROM astm WHERE ts >= {0} AND ts < {1} GROUP BY id_orig_h, id_resp_h, id_resp_p, sender, {3}
    """,
    "sdc": """
        SELECT id_orig_h AS source, id_resp_h AS receiver, id_resp_p AS port, '' AS title, COUNT(*) AS answered,
               COUNT(*) AS messages, MAX_BY(event_id, {2}) AS event_id, MAX(EPOCH_US(ts)) AS at
        FROM sdc WHERE ts >= {0} AND ts < {1} GROUP BY id_orig_h, id_resp_h, id_resp_p, {3}
    """,
}
_ASSOCIATIONS = """
    SELECT id_orig_h AS source, id_resp_h AS receiver, id_resp_p AS port, calling_ae AS title, EPOCH_US(ts) AS at, duration, event_id
    FROM dicom_association WHERE ts >= {0} AND ts < {1}
"""
_REFUSED = """
    SELECT id_orig_h AS source, id_resp_h AS receiver, id_resp_p AS port, COUNT(*) AS messages, MAX_BY(event_id, {2}) AS event_id,
           MAX(EPOCH_US(ts)) AS at
    FROM conn WHERE ts >= {0} AND ts < {1} AND proto = 'tcp' AND conn_state IN ('REJ', 'S0')
    GROUP BY id_orig_h, id_resp_h, id_resp_p, {3}
"""


@dataclass(slots=True)
class Minute:
    """What one feed did in one minute. `event` is its last row: when, which, of which stream, and from whom."""

    messages: int = 0
    answered: int = 0
    event: tuple[int, str, str, str] = (0, "", "", "")
    senders: set[str] = field(default_factory=set)

    def add(self, messages: int, answered: int, event: tuple[int, str, str, str]) -> None:
        self.messages += messages
        self.answered += answered
        self.event = max(self.event, event)
        self.senders.add(event[3])


Feed = tuple[str, str, str]
"""Protocol, receiver, and the name of the program, which keeps it when its address changes; without a name its address."""
Door = tuple[str, int]
"""A receiver and its port."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The news by minutes (since 1970): of feeds, of receivers, and which machines began a short connection, how many of them."""

    feeds: Mapping[int, Mapping[Feed, Minute]]
    doors: Mapping[int, Mapping[Door, Minute]]
    refused: Mapping[int, Mapping[Door, Minute]]
    present: Mapping[int, Mapping[str, int]]


def heard(given: Given) -> Heard:
    """The news."""
    machine = given.look.locator.machine
    feeds: defaultdict[int, dict[Feed, Minute]] = defaultdict(dict)
    doors: defaultdict[int, dict[Door, Minute]] = defaultdict(dict)
    refused: defaultdict[int, dict[Door, Minute]] = defaultdict(dict)
    present: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for stream, row, minute, at in _rows(given):
        source, receiver = row["source"] or "", row["receiver"] or ""
        if not machine(source) or not machine(receiver):
            continue
        told = (row["messages"], row["answered"], (at, row["event_id"], stream, source))
        feeds[minute].setdefault((stream, receiver, row["title"] or source), Minute()).add(*told)
        doors[minute].setdefault((receiver, row["port"] or 0), Minute()).add(*told)
    for row in sorted(_ask(given, _REFUSED), key=lambda row: (row["receiver"] or "", row["port"] or 0)):
        at, door = row["at"], (row["receiver"] or "", row["port"] or 0)
        of = refused[at // MINUTE]
        if door in of or len(of) < TRIED_MAX:
            of.setdefault(door, Minute()).add(row["messages"], 0, (at, row["event_id"], "conn", row["source"] or ""))
    for row in callers(given):
        if row["short"]:
            present[row["minute"]][row["source"]] = row["short"]
    return Heard(feeds, doors, refused, present)


def _rows(given: Given) -> Iterable[tuple[str, Mapping[str, Any], int, int]]:
    """Messages with their streams and minutes; an association counts when it ends, as its row comes then."""
    for stream, query in _MESSAGES.items():
        for row in _ask(given, query):
            yield stream, row, row["at"] // MINUTE, row["at"]
    for row in _ask(given, _ASSOCIATIONS):
        at = row["at"] + round(min(max(row["duration"] or 0.0, 0.0), DAYS_S) * SECOND)
        yield "dicom_association", {**row, "messages": 1, "answered": 1}, at // MINUTE, at


def _ask(given: Given, query: str) -> list[dict[str, Any]]:
    least, most = sane()
    return given.news.rows(query.format(sql.moment(least), sql.moment(most), _AT, _AT_MINUTE))


def latest(given: Given, found: Heard) -> int:
    """Up to when rows are there, in microseconds."""
    least, most = sane()
    minutes = [minute * MINUTE for of in (found.feeds, found.doors, found.refused, found.present) for minute in of]
    return max([*minutes, *([micros(given.now)] if least <= given.now < most else [])], default=0)
