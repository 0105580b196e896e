"""A machine that calls the same place outside again and again, as implants ask their master what to do (ATT&CK T1071.001, T1573).

Learned are the last day's calls of each machine and place, and for each place which machines call it. At the end of each hour those that
called in it are scored (`regular.score`). Told of is a place that few call, that is no partner's, that the machine did not call in the week
of learning, and that no machine of its kind called then: pumps, telemetry and modalities that call their makers are the steadiest beacons.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..detector import Given, Number
from ..memory import Known, Time
from ..sighting import EVIDENCE, Evidence, Sighting, group_text
from .book import HOUR, SECOND, Book, key, merged, micros, moment, not_first_in, spared
from .outward import Call, Found, Hourly, Score, by_the_hour, hosts, partner, times
from .regular import score

SETTINGS: Mapping[str, Number] = {"score": 0.9, "calls": 20, "hours": 3, "slow_score": 0.8, "slow_hours": 8, "share": 0.02}
"""`score` after so many calls and hours, `slow_score` after `slow_hours`; `share` of the machines that may call the place."""
WINDOW = 24
"""Hours of calls that are scored: a day has every hour once."""
IN_ONE_HOUR = 64
"""Calls of one hour whose times are kept: of one a minute all, of more often ones as many as tell their beat. All are counted."""
CALLERS_MAX, HOSTS_MAX, ADDRESSES_MAX = 256, 4_096, 8
"""Callers of one place: 256 are few in no hospital. Machines that are counted: where there are more, `share` is of these."""
CLOCKS = frozenset({"ntp", "dns"})
"""Steady for good reasons, and with rules and checks of their own."""
FORGET = timedelta(days=28)
PAIRS_MAX = 200_000
"""Pairs of machine and place: 4,000 machines that each call fifty places. Who has not called for longest is forgotten first."""
_HOSTS = "hosts"
_TIDY = 3
"""The hour of the day (UTC) after which what is over is dropped."""


def run(given: Given) -> list[Sighting]:
    """The beacons of the hours that came to an end."""
    return _hours(given, _judge)


def scores(given: Given) -> list[Score]:
    """How regular those are who could be told of, whether they are or not: for those who measure."""
    return _hours(given, _score)


def _hours(given: Given, judge: Callable[[Given, Book, str, int], Found | None]) -> list[Found]:
    book = Book(given.memory)
    _count(given, book)
    return by_the_hour(given, book, Hourly(_keys, _remember, _tidy), judge)


def _keys(call: Call) -> tuple[str, str]:
    return _pair(call.source, call.service, call.port), _place(call.service, call.port)


def _pair(source: str, service: str, port: int) -> str:
    return key("pair", source, service, port)


def _place(service: str, port: int) -> str:
    return key("place", service, port)


def _pairs(of: Iterable[Call]) -> dict[tuple[str, str, int], list[Call]]:
    found: defaultdict[tuple[str, str, int], list[Call]] = defaultdict(list)
    for call in of:
        found[call.source, call.service, call.port].append(call)
    return found


def _count(given: Given, book: Book) -> None:
    """Machines, by when they were first seen."""
    known = book.get(_HOSTS) or {}
    if new := {source: at for source, at in hosts(given).items() if at < known.get(source, at + 1)}:
        book.saw(_HOSTS, _earliest(known | new, HOSTS_MAX), moment(min(new.values())), moment(max(new.values())))


def _remember(given: Given, book: Book, hour: int, of: Iterable[Call]) -> None:
    """Takes the calls of one hour into what is known of pairs and places."""
    for pair, told in _pairs(call for call in of if not call.interim and call.spoken not in CLOCKS).items():
        _remember_pair(given, book, pair, hour, told)


def _remember_pair(given: Given, book: Book, pair: tuple[str, str, int], hour: int, of: list[Call]) -> None:
    source, service, port = pair
    name, place = _pair(*pair), _place(service, port)
    value = book.get(name) or {"hours": {}, "at": [], "told": False}
    first, last = moment(min(call.begin for call in of)), moment(max(call.end for call in of))
    count, told, event = value["hours"].get(str(hour)) or (0, [], None)
    told = merged(told, [[call.begin, call.sent] for call in of], IN_ONE_HOUR)
    event = min([[call.begin, call.event_id] for call in of] + ([event] if event else []))
    value["hours"][str(hour)] = [count + len(of), told, event]
    latest = max(map(int, value["hours"]))
    # Two more than are scored: the hour that goes on, and one whose rows are not all there.
    value["hours"] = {at: kept for at, kept in value["hours"].items() if int(at) > latest - WINDOW - 2}
    value["at"] = merged(set(value["at"]) | {call.address for call in of}, (), ADDRESSES_MAX)
    book.saw(name, value, first, last)
    if sum(kept[0] for kept in value["hours"].values()) >= given.settings["calls"]:
        for at in map(int, value["hours"]):
            if at >= hour:
                book.due(at, name)
    callers = book.get(place) or {}
    if (at := micros(first)) < callers.get(source, at + 1) or book.last(place).date() < last.date():
        callers[source] = min(at, callers.get(source, at))
        book.saw(place, _earliest(callers, CALLERS_MAX), first, last)


def _earliest(seen: Mapping[str, int], most: int) -> dict[str, int]:
    """Those who were first, whichever rows came first."""
    return dict(sorted(seen.items(), key=lambda one: (one[1], one[0]))[:most])


def _regular(given: Given, book: Book, name: str, hour: int) -> tuple[float, float] | None:
    """How regular the calls of a pair were up to the end of an hour, and how regular calls of that time have to be; nothing of too few."""
    hours, settings = _lately(book.get(name), hour), given.settings
    calls = [call for _, told, _ in hours.values() for call in told]
    starts = [begin / SECOND for begin, _ in calls]
    if hour not in hours or len(calls) < settings["calls"]:
        return None
    span = (max(starts) - min(starts)) / 3_600
    if span < settings["hours"]:
        return None
    least = settings["slow_score" if span >= settings["slow_hours"] else "score"]
    return score(starts, [float(sent) for _, sent in calls], _counts(hours)), least


def _counts(hours: Mapping[int, Any]) -> list[int]:
    """How many calls there were in each whole hour, if not all times are kept: those of an hour's beginning would look like bursts."""
    if all(count == len(told) for count, told, _ in hours.values()):
        return []
    return [hours[at][0] if at in hours else 0 for at in range(min(hours) + 1, max(hours))]


def _strange(given: Given, book: Book, name: str, hour: int) -> bool:
    """Whether the place of a pair is no partner's, was not called by the machine in the week of learning, and is called by few."""
    _, source, service, port = json.loads(name)
    value = book.get(name)
    known = _taught(given, value, book.first(name)) or partner(given, value["at"], service)
    return not known and _few(given, book, source, service, port, hour)


def _score(given: Given, book: Book, name: str, hour: int) -> Score | None:
    found = _regular(given, book, name, hour)
    if found is None or not _strange(given, book, name, hour):
        return None
    _, source, service, _ = json.loads(name)
    return Score(source, service, hour, times(*found))


def _judge(given: Given, book: Book, name: str, hour: int) -> Sighting | None:
    """What one pair did up to the end of an hour, if it is a beacon."""
    found = _regular(given, book, name, hour)
    if found is None or found[0] < found[1] or not _strange(given, book, name, hour):
        return None
    _, source, service, port = json.loads(name)
    value = book.get(name)
    hours = _lately(value, hour)
    parts = [hours[hour]] if value["told"] else list(hours.values())
    book.change(name, value | {"told": True})
    begins = [begin for _, told, _ in parts for begin, _ in told]
    return Sighting(
        rule=given.name,
        attacker=source,
        victims=tuple(value["at"]),
        begin=moment(min(begins)),
        end=moment(max(begins)),
        events=sum(count for count, _, _ in parts),
        evidence=tuple(Evidence("conn", event, moment(at)) for _, _, (at, event) in parts[-EVIDENCE:]),
        group=group_text((("service", service), ("port", port))),
        value=round(found[0], 3),
    )


def _lately(value: Any, hour: int) -> dict[int, Any]:
    """The hours of a pair that are scored when one ends."""
    return {at: value["hours"][str(at)] for at in range(hour - WINDOW + 1, hour + 1) if str(at) in value["hours"]} if value else {}


def _taught(given: Given, pair: Any, first: datetime) -> bool:
    """Whether a pair was learned: what was told of was not, though rules learn again since."""
    return first < given.taught and not (pair and pair["told"])


def _few(given: Given, book: Book, source: str, service: str, port: int, hour: int) -> bool:
    """Whether few machines called the place lately, and none of the same kind did when that was learned."""
    end = (hour + 1) * HOUR
    # A place that was forgotten while the hour waited has no callers.
    callers = {caller: first for caller, first in (book.get(_place(service, port)) or {}).items() if first < end}
    kind = given.look.at(source).kind
    book.want(_pair(caller, service, port) for caller in callers)
    pairs = {caller: book.get(_pair(caller, service, port)) for caller in callers}
    for caller, first in callers.items():
        if caller != source and kind and _taught(given, pairs[caller], moment(first)) and given.look.at(caller).kind == kind:
            return False
    lately = sum(bool(_lately(pair, hour)) for pair in pairs.values())
    machines = sum(first < end for first in (book.get(_HOSTS) or {}).values())
    return bool(lately <= max(1, given.settings["share"] * machines))


def unlearn(name: str, known: Known, time: Time) -> Known | None:
    """Without the calls of a time, and the machines and places that were first seen in it."""
    if name == _HOSTS:
        return replace(known, value=not_first_in(known.value, time))
    if name.startswith('["p') and known.first in time:
        return None
    if name.startswith('["pair"'):
        return replace(known, value=known.value | {"hours": spared(known.value["hours"], time)})
    return replace(known, value=not_first_in(known.value, time)) if name.startswith('["place"') else known


def _tidy(book: Book, hour: int) -> None:
    """Once a day, drops what is over: hours that are scored no more, and who did not call for so long."""
    if hour % WINDOW != _TIDY:
        return
    day, month = moment((hour - 2 * WINDOW) * HOUR), moment(hour * HOUR) - FORGET
    known = {name: one for name, one in book.all().items() if name.startswith('["p')}
    over = [name for name, one in known.items() if one.last < month]
    left = sorted((one.last, name) for name, one in known.items() if one.last >= month and name.startswith('["pair"'))
    book.drop([*over, *(name for _, name in left[: max(0, len(left) - PAIRS_MAX)])])
    for last, name in left[-PAIRS_MAX:]:
        if last < day and known[name].value["hours"]:
            book.change(name, known[name].value | {"hours": {}})
