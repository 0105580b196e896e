"""Data that leave the house by volume (ATT&CK T1041, T1048), at once or drop by drop, to a place that nobody here knew.

Learned are how many bytes each machine sends out in a day, and for each machine and place what went there in each hour of the last week.
At the end of each hour those who sent in it are judged: too much in a day, or, by what is no workplace, much more out than in over hours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any

from asepsis.hospital.service import KINDS

from ..detector import Given, Number
from ..memory import Known, Time
from ..sighting import EVIDENCE, Evidence, Sighting, group_text
from .book import HOUR, Book, key, merged, moment, not_first_in, spared
from .outward import Call, Hourly, Score, by_the_hour, partner, times

SETTINGS: Mapping[str, Number] = {
    "bytes": 500_000_000,
    "deviations": 6,
    "slow_bytes": 25_000_000,
    "slow_hours": 3,
    "ratio": 10,
    "new_days": 28,
}
"""`bytes` in a day, or the median of the machine's days and so many deviations; `slow_bytes` in a week, in so many different hours, of
which no more than one in `ratio` came back; a place is new for so many days."""
DAY = 24
WEEK = 7 * DAY
DAYS = 28
YOUNG = 7
"""Days of its own that a machine is judged by; with fewer it is judged by those of its kind."""
OPEN_MAX, OPEN_HOURS = 1_024, 25
"""Connections of a machine whose bytes are known up to a moment, as they go on: the core forgets one that was silent for a day."""
INTERIM_US = 60_000_000
"""The first row of a connection that goes on comes after a minute."""
CALLERS_MAX, ADDRESSES_MAX = 64, 8
FEW = 3
"""Machines that call a place of an attacker: the one that data leave from, and those that he came by."""
FORGET = timedelta(days=DAYS)
PAIRS_MAX = 200_000
"""As for beacons: 4,000 machines, fifty places each."""
_TIDY = 4


def run(given: Given) -> list[Sighting]:
    """Who sent too much in the hours that came to an end."""
    return by_the_hour(given, Book(given.memory), Hourly(_keys, _remember, _tidy), _judge)


def scores(given: Given) -> list[Score]:
    """How much those sent who could be told of, whether they are or not: for those who measure."""
    return by_the_hour(given, Book(given.memory), Hourly(_keys, _remember, _tidy), _score)


def _keys(call: Call) -> tuple[str, ...]:
    return _pair(call), key("place", call.service), key("source", call.source), key("open", call.source)


def _pair(call: Call) -> str:
    return key("pair", call.source, call.service)


def _remember(given: Given, book: Book, hour: int, of: Iterable[Call]) -> None:
    """Takes the calls of one hour into what is known of machines, places and pairs."""
    least = min(given.settings["bytes"], given.settings["slow_bytes"])
    for call in of:
        sent, received, fresh = _since(book, call)
        begin, end = moment(call.begin), moment(call.end)
        name = _pair(call)
        value = book.get(name) or {"hours": {}, "at": [], "told": False}
        kept = value["hours"].get(str(hour)) or [0, 0, 0, [0, 0, ""], call.begin]
        largest = max(kept[3], [sent, call.end, call.event_id])
        value["hours"][str(hour)] = [kept[0] + sent, kept[1] + received, kept[2] + fresh, largest, min(kept[4], call.begin)]
        latest = max(map(int, value["hours"]))
        value["hours"] = {at: told for at, told in value["hours"].items() if int(at) > latest - WEEK - 2}
        value["at"] = merged({*value["at"], call.address}, (), ADDRESSES_MAX)
        book.saw(name, value, begin, end)
        if sum(told[0] for told in value["hours"].values()) >= least:
            for at in map(int, value["hours"]):
                if at >= hour:
                    book.due(at, name)
        days = dict(book.get(key("source", call.source)) or {})
        days[str(hour // DAY)] = days.get(str(hour // DAY), 0) + sent
        newest_day = max(map(int, days))
        days = {day: total for day, total in days.items() if int(day) > newest_day - DAYS - 2}
        book.saw(key("source", call.source), days, begin, end)
        place = key("place", call.service)
        callers = book.get(place) or {}
        if call.begin < callers.get(call.source, call.begin + 1) or book.last(place).date() < end.date():
            callers[call.source] = min(call.begin, callers.get(call.source, call.begin))
            earliest = sorted(callers.items(), key=lambda one: (one[1], one[0]))[:CALLERS_MAX]
            book.saw(place, dict(earliest), begin, end)


def _since(book: Book, call: Call) -> tuple[int, int, int]:
    """Bytes sent and received that were not counted before, and whether the connection was not: rows of one that goes on count from its
    beginning."""
    if not call.interim and call.end - call.begin < INTERIM_US:
        return call.sent, call.received, 1
    name = key("open", call.source)
    known = book.get(name) or {}
    old = known.get(call.uid)
    sent, received, end = old or (0, 0, 0)
    known[call.uid] = [max(sent, call.sent), max(received, call.received), max(end, call.end)]
    kept = {uid: told for uid, told in known.items() if told[2] > call.end - OPEN_HOURS * HOUR}
    latest = sorted(kept.items(), key=lambda one: (-one[1][2], one[0]))[:OPEN_MAX]
    book.saw(name, dict(latest), moment(call.begin), moment(call.end))
    return max(0, call.sent - sent), max(0, call.received - received), old is None


def _excess(given: Given, book: Book, name: str, hour: int) -> tuple[float, Mapping[int, Any]] | None:
    """How many times what is too much a machine sent to a place up to the end of an hour, and in which hours: those of the day, or drop by
    drop of the week; nothing of a place that is known."""
    _, source, service = json.loads(name)
    value = book.get(name)
    week = {at: value["hours"][str(at)] for at in range(hour - WEEK + 1, hour + 1) if str(at) in value["hours"]} if value else {}
    if hour not in week or partner(given, value["at"], service) or not _new(given, book, service, hour, value["told"]):
        return None
    day = {at: told for at, told in week.items() if at // DAY == hour // DAY}
    usual = _usual(given, book, source, hour)
    at_once = times(_sum(day), max(given.settings["bytes"], usual))
    drops = times(_sum(week), max(given.settings["slow_bytes"], usual)) if _drips(given, book, source, service, week, hour) else 0.0
    return (at_once, day) if at_once >= min(1.0, drops) else (drops, week)


def _score(given: Given, book: Book, name: str, hour: int) -> Score | None:
    found = _excess(given, book, name, hour)
    _, source, service = json.loads(name)
    return Score(source, service, hour, found[0]) if found else None


def _judge(given: Given, book: Book, name: str, hour: int) -> Sighting | None:
    """What one machine sent to one place up to the end of an hour, if that is too much."""
    found = _excess(given, book, name, hour)
    if found is None or found[0] < 1:
        return None
    _, source, service = json.loads(name)
    value, parts = book.get(name), found[1]
    parts = {hour: parts[hour]} if value["told"] else parts
    book.change(name, value | {"told": True})
    rows = [told[3] for told in parts.values() if told[3][2]]
    return Sighting(
        rule=given.name,
        attacker=source,
        victims=tuple(value["at"]),
        begin=moment(min(told[4] for told in parts.values())),
        end=moment(max(end for _, end, _ in rows)),
        events=sum(told[2] for told in parts.values()),
        evidence=tuple(Evidence("conn", event, moment(end)) for _, end, event in rows[-EVIDENCE:]),
        group=group_text((("service", service),)),
        value=float(_sum(parts)),
    )


def _sum(hours: Mapping[int, Any]) -> int:
    return sum(told[0] for told in hours.values())


def _new(given: Given, book: Book, service: str, hour: int, told: bool) -> bool:
    """Whether nobody here called the place in the week of learning, and somebody did so first not long ago. What was told of was not
    learned, though rules learn again since; a place that was forgotten while an hour waited is as new as that hour."""
    place = key("place", service)
    first = book.first(place) if book.get(place) is not None else moment(hour * HOUR)
    return (told or first >= given.taught) and first > moment(hour * HOUR) - timedelta(days=given.settings["new_days"])


def _usual(given: Given, book: Book, source: str, hour: int) -> float:
    """The most that the machine sends out on a day like others: the median and some deviations about it, of its own days; as long as it
    has few, of all of its kind."""
    days = _days(book.get(key("source", source)), hour)
    kind = given.look.at(source).kind
    if len(days) < YOUNG and kind:
        for name, known in book.all().items():
            if name.startswith('["source"') and given.look.at(json.loads(name)[1]).kind == kind:
                days += _days(known.value, hour)
    if not days:
        return 0.0
    middle = median(days)
    return float(middle + given.settings["deviations"] * median(abs(total - middle) for total in days))


def _days(known: Mapping[str, int] | None, hour: int) -> list[int]:
    """What was sent on each whole day before an hour."""
    today = hour // DAY
    return [total for day, total in sorted((known or {}).items()) if today - DAYS <= int(day) < today]


def _drips(given: Given, book: Book, source: str, service: str, week: Mapping[int, Any], hour: int) -> bool:
    """Whether a server or device sends to a place that few call, hour by hour, and nearly all of it outward. Workplaces do so too: people
    send files to whom they like."""
    kind, settings = KINDS.get(given.look.at(source).kind), given.settings
    if kind is None or kind.group not in ("server", "device"):
        return False
    callers = sum(first < (hour + 1) * HOUR for first in (book.get(key("place", service)) or {}).values())
    lasting = sum(told[0] > 0 for told in week.values()) >= settings["slow_hours"]
    outward = _sum(week) >= settings["ratio"] * sum(told[1] for told in week.values())
    return bool(lasting and outward and callers <= FEW)


def unlearn(name: str, known: Known, time: Time) -> Known | None:
    """Without what was sent in a time, and the machines and places that were first seen in it."""
    if name.startswith(('["pair"', '["place"', '["source"')) and known.first in time:
        return None
    if name.startswith('["pair"'):
        return replace(known, value=known.value | {"hours": spared(known.value["hours"], time)})
    if name.startswith('["source"'):
        return replace(known, value=spared(known.value, time, DAY * HOUR))
    return replace(known, value=not_first_in(known.value, time)) if name.startswith('["place"') else known


def _tidy(book: Book, hour: int) -> None:
    """Once a day, drops who and what was not seen for so long, and of pairs what is looked at no more."""
    if hour % DAY != _TIDY:
        return
    month, week = moment(hour * HOUR) - FORGET, moment((hour - WEEK - 2) * HOUR)
    known = book.all()
    pairs = sorted((one.last, name) for name, one in known.items() if name.startswith('["pair"'))
    book.drop(name for name, one in known.items() if one.last < month)
    book.drop(name for last, name in pairs[: max(0, len(pairs) - PAIRS_MAX)])
    book.drop(name for last, name in pairs if last < week)
