"""A feed that care depends on falls silent, thins out, or is answered no more (ATT&CK T0815), while the hospital goes on.

Learned are the gaps between the minutes of each feed by the hour of the week in which they begin, how many messages come in half an hour,
and which part of what a receiver is sent it answers. Every five minutes that the sensor heard something it is asked who is silent for too
long. Nothing is said where too much else is silent too: then it is the sensor, the mirror or the network; nor of a device that is silent
altogether: it is switched off.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from statistics import median
from typing import Any

from asepsis.hospital.service import KINDS

from ..detector import Given, Number
from ..memory import Known, Time
from ..sighting import Evidence, Sighting, group_text
from .book import Book, key, micros, moment, spared
from .callers import MINUTE
from .feeds import Door, Feed, Heard, Minute, heard, latest

SETTINGS: Mapping[str, Number] = {"times": 2, "least": 10, "thin": 0.5, "thin_messages": 10, "tries": 5, "answered": 0.9}
"""`times` the 99.9th percentile of the gaps, and `least` minutes; a half hour with less than the part `thin` of the fewest that one ever
had, where that is `thin_messages`; so many `tries` in a quarter of an hour without an answer, where the part `answered` was."""
STEP = 5
"""Minutes from one judgement to the next."""
WEEK, DAY, HALF = 168, 24, 30
RATIO = 1.25
"""The gaps of an hour of the week are a histogram whose bars are so much wider, each than the one before: a week has some forty."""
OWN_MINUTES, ENOUGH = 21 * 24 * 60, 20
"""A feed that is known for three weeks is judged by the hour of the week, before by that hour of all days; of fewer gaps than `ENOUGH` by
all of the week."""
KNOWN_MINUTES = 24 * 60
"""A feed is known after a day."""
TAIL = 1_000
ROWS = 5
"""Rows that are told of as the last ones."""
LIVE_MINUTES = 7 * 24 * 60
LITTLE = 10
"""A sensor that hears less than a tenth of the median of a day misses something: nights are not that quiet."""
DOOR_STEPS, DOOR_KNOWN = 3, 100
SENDERS, SOURCES_MAX = 20, 4_096
DAY_STEPS = 24 * 60 // STEP
FEEDS_MAX = 10_000
"""Feeds that are remembered: ten times those of a large hospital; who was not heard for longest is forgotten first."""
FORGET = timedelta(days=28)
_HEARD = "heard"
_TIDY = 5 * 60 // STEP


def run(given: Given) -> list[Sighting]:
    """Who fell silent."""
    book = Book(given.memory)
    news = heard(given)
    last = latest(given, news)
    minutes = sorted({*news.feeds, *news.doors, *news.refused, *news.present})
    book.want(_feed(feed) for of in news.feeds.values() for feed in of)
    book.want(_door(door) for kind in (news.doors, news.refused) for of in kind.values() for door in of)
    by: defaultdict[int, list[int]] = defaultdict(list)
    for minute in minutes:
        by[minute // STEP].append(minute)
    seen: list[Sighting] = []
    for step in book.hours(by):
        for minute in by.get(step, ()):
            _remember(book, news, minute)
        if book.close(step, last, STEP * MINUTE) is not None:
            seen += _judge(given, book, step)
            if step % DAY_STEPS == _TIDY:
                _tidy(book, step)
    book.keep()
    return seen


def _feed(feed: Feed) -> str:
    return key("feed", *feed)


def _door(door: Door) -> str:
    return key("door", *door)


def _remember(book: Book, news: Heard, minute: int) -> None:
    """Takes what was heard in a minute into what waits to be judged."""
    begin, end = moment(minute * MINUTE), moment((minute + 1) * MINUTE)
    for feed, of in news.feeds.get(minute, {}).items():
        value = book.get(_feed(feed)) or {
            "open": {},
            "first": minute,
            "last": 0,
            "rows": [],
            "gaps": {},
            "halves": {},
            "half": [0, 0],
            "told": "",
        }
        value["first"] = min(minute, value["first"])
        _add(value["open"], minute, of)
        book.saw(_feed(feed), value, begin, end)
    for kind, new in ((news.doors, True), (news.refused, False)):
        for door, of in kind.get(minute, {}).items():
            value = book.get(_door(door))
            if value is None and not new:
                continue
            value = value or {"open": {}, "steps": {}, "messages": 0, "answered": 0, "told": False}
            _add(value["open"], minute, of)
            book.saw(_door(door), value, begin, end)
    present = news.present.get(minute, {})
    if present or news.feeds.get(minute):
        value = book.get(_HEARD) or {"open": {}, "steps": {}, "present": {}, "deaf": 0}
        step = str(minute // STEP)
        rows, sources = value["open"].get(step) or (0, [])
        value["open"][step] = [rows + sum(present.values()), sorted({*sources, *present})[:SOURCES_MAX]]
        book.saw(_HEARD, value, begin, end)


def _add(opened: dict[str, Any], minute: int, of: Minute) -> None:
    messages, answered, event, senders = opened.get(str(minute)) or (0, 0, [0, "", "", ""], [])
    event = max(event, list(of.event))
    opened[str(minute)] = [messages + of.messages, answered + of.answered, event, sorted({*senders, *of.senders})[:SENDERS]]


def _judge(given: Given, book: Book, step: int) -> list[Sighting]:
    """What is wrong at the end of a step."""
    end = (step + 1) * STEP
    known = {name: one.value for name, one in book.all().items()}
    names = {name: tuple(json.loads(name)[1:]) for name in known if name.startswith('["feed"')}
    senders = {known[name]["rows"][-1][3] for name in names if known[name]["rows"]}
    enough, present, deaf = _heard(book, known.get(_HEARD), step, senders)
    for name in names:
        _fold(book, name, known[name], end, deaf)
    sources = {name: known[name]["rows"][-1][3] for name in names if known[name]["rows"]}
    taught = moment(end * MINUTE) < given.taught
    late = {name for name in names if _late(given, known[name], end)}
    live = {name for name in names if _live(known[name], end)}
    found = []
    for name in sorted(late):
        value, source, (stream, receiver, title) = known[name], sources[name], names[name]
        if taught or not enough or value["told"] or not _there(given, source, present, step):
            continue
        # What is passed on is silent when what came in is.
        if _feed((stream, source, title)) in late:
            continue
        others = [known[other] for other in live if sources[other] != source and names[other][1] != receiver]
        if not _others_speak(given, others, value["last"], end):
            continue
        book.change(name, value | {"told": "silent"})
        found.append(_sighting(given, source, (receiver,), value["rows"], end, (stream, title, "silent")))
    thin = [name for name in sorted(names) if end % HALF == 0 and _thin(given, book, name, book.get(name), end, deaf)]
    for name in thin if enough and not taught else ():
        value, (stream, receiver, title) = book.get(name), names[name]
        before = _feed((stream, sources[name], title))
        if name in live and before not in thin and (book.get(before) or {}).get("told") != "thin":
            book.change(name, value | {"told": "thin"})
            found.append(_sighting(given, sources[name], (receiver,), value["rows"], end, (stream, title, "thin")))
    for name in sorted(name for name in known if name.startswith('["door"')):
        if told := _unanswered(given, book, name, known[name], step):
            receiver, port = json.loads(name)[1:]
            if not taught:
                found.append(_sighting(given, receiver, tuple(told[0]), told[1], end, ("port", port, "unanswered")))
    return found


def _sighting(given: Given, who: str, whom: tuple[str, ...], rows: Any, end: int, group: tuple[str, Any, str]) -> Sighting:
    feed, title, fault = group
    return Sighting(
        rule=given.name,
        attacker=who,
        victims=whom,
        begin=moment(rows[0][0]),
        end=max(moment(end * MINUTE), moment(rows[-1][0])),
        events=len(rows),
        evidence=tuple(Evidence(stream, event, moment(at)) for at, event, stream, _ in rows),
        group=group_text((("feed", feed), ("title", title), ("fault", fault))),
    )


def _heard(book: Book, value: Any, step: int, sources: set[str]) -> tuple[bool, Mapping[str, int], int]:
    """Whether the sensor hears about as much as in the day before, when each sender last began a short connection, and the last step in
    which little or nothing was heard."""
    if value is None:
        return False, {}, step
    before = max(map(int, value["steps"]), default=step)
    for at in sorted((at for at in value["open"] if int(at) <= step), key=int):
        rows, present = value["open"].pop(at)
        value["steps"][at] = value["steps"].get(at, 0) + rows
        value["present"] |= {source: max(int(at), value["present"].get(source, 0)) for source in present if source in sources}
    value["steps"] = {at: rows for at, rows in value["steps"].items() if int(at) > step - DAY_STEPS}
    lately = sum(value["steps"].get(str(at), 0) for at in range(step - DOOR_STEPS + 1, step + 1))
    enough = LITTLE * lately >= DOOR_STEPS * median(value["steps"].values() or [0])
    if step > before + 1 or not enough:
        value["deaf"] = max(step, value["deaf"])
    book.change(_HEARD, value)
    return enough, value["present"], value["deaf"]


def _fold(book: Book, name: str, value: Any, end: int, deaf: int) -> None:
    """Takes the minutes before a moment into what is learned of a feed. Nothing is learned of a silence that was told of, nor of one in
    which the sensor heard little."""
    over = sorted(int(at) for at in value["open"] if int(at) < end)
    for at in over:
        messages, _, event, _ = value["open"].pop(str(at))
        learned = value["told"] != "silent" and value["last"] // STEP > deaf
        if learned and at > value["last"]:
            bars = value["gaps"].setdefault(str(value["last"] // 60 % WEEK), {})
            bar = str(_bar(at - value["last"]))
            bars[bar] = bars.get(bar, 0) + 1
        half, count = value["half"]
        if learned:
            for empty in range(max(half + 1, at // HALF - 2 * WEEK), at // HALF):
                _learn_half(value, empty, 0)
        value["half"] = [half, count + messages] if at // HALF == half else [at // HALF, messages]
        value["rows"] = sorted([*value["rows"], event])[-ROWS:]
        value["last"] = max(at, value["last"])
        if value["told"] == "silent":
            value["told"] = ""
    if over:
        book.change(name, value)


def _bar(minutes: int) -> int:
    return math.ceil(math.log(minutes) / math.log(RATIO) - 1e-9)


def _learn_half(value: Any, half: int, count: int) -> None:
    hour = str(half // 2 % WEEK)
    times, fewest = value["halves"].get(hour) or (0, count)
    value["halves"][hour] = [times + 1, min(fewest, count)]


def _hours(value: Any, at: int) -> list[str]:
    """The hour of the week and those beside it, of all days as long as the feed is young."""
    return _beside(at % WEEK, WEEK if value["last"] - value["first"] >= OWN_MINUTES else DAY)


@cache
def _beside(hour: int, step: int) -> list[str]:
    return [str(one) for one in range(WEEK) if any((one - hour - near) % step == 0 for near in (-1, 0, 1))]


def limit(given: Given, value: Any) -> float | None:
    """Minutes after its last message by which a feed is silent; nothing as long as too little is known. With fewer than a thousand gaps
    their 99.9th percentile is not among them: it is taken to be as far out as in an exponential distribution, where the longest of n is
    about ln(n) means and the percentile ln(1000) (order statistics, Renyi 1953)."""
    for hours in (_hours(value, value["last"] // 60), list(value["gaps"])):
        bars: Counter[int] = Counter()
        for hour in hours:
            for bar, count in value["gaps"].get(hour, {}).items():
                bars[int(bar)] += count
        total = bars.total()
        if total >= ENOUGH:
            gap = _longest(bars, total // TAIL) * max(1.0, math.log(TAIL) / math.log(total + 1))
            return float(max(given.settings["times"] * gap, given.settings["least"]))
    return None


def _longest(bars: Mapping[int, int], but: int) -> float:
    """The longest gap but so many longer ones."""
    for bar in sorted(bars, reverse=True):
        but -= bars[bar]
        if but < 0:
            return float(RATIO**bar)
    return 0.0


def _others_speak(given: Given, others: Iterable[Any], since: int, end: int) -> bool:
    """Whether of the other feeds that should have been heard since a feed was, at least half were: else more is silent than that one."""
    due = [(end - other["last"], gap) for other in others if (gap := (limit(given, other) or end) / given.settings["times"]) < end - since]
    return bool(2 * sum(silent <= gap + 1 for silent, gap in due) >= len(due))


def _live(value: Any, end: int) -> bool:
    """Whether a feed is known for a day and was heard within a week."""
    return bool(value["last"]) and value["last"] - value["first"] >= KNOWN_MINUTES and end - value["last"] < LIVE_MINUTES


def _late(given: Given, value: Any, end: int) -> bool:
    if end - value["last"] <= given.settings["least"] or not _live(value, end):
        return False
    allowed = limit(given, value)
    return allowed is not None and end - value["last"] > allowed


def _there(given: Given, source: str, present: Mapping[str, int], step: int) -> bool:
    """Whether silence means something: a server is always on, a device is if it talks to others now."""
    kind = KINDS.get(given.look.at(source).kind)
    return (kind is not None and kind.group == "server") or present.get(source, 0) > step - DOOR_STEPS


def _thin(given: Given, book: Book, name: str, value: Any, end: int, deaf: int) -> bool:
    """Whether a feed had too few messages in the half hour that ends; learns how many it had."""
    half, count = value["half"]
    if half != end // HALF - 1 or deaf >= half * HALF // STEP:
        return False
    known = [value["halves"][hour] for hour in _hours(value, half // 2) if hour in value["halves"]]
    if sum(times for times, _ in known) >= ENOUGH // 4:
        fewest = min(few for _, few in known)
        if fewest >= given.settings["thin_messages"] and count < given.settings["thin"] * fewest:
            return not value["told"]
    _learn_half(value, half, count)
    book.change(name, value | {"told": "" if value["told"] == "thin" else value["told"]})
    return False


def _unanswered(given: Given, book: Book, name: str, value: Any, step: int) -> tuple[list[str], Any] | None:
    """Who sends to a receiver in vain and the last rows of that, if it answered before."""
    over = sorted(at for at in map(int, value["open"]) if at < (step + 1) * STEP)
    if not over and not value["steps"]:
        return None
    steps = value["steps"]
    for at in over:
        messages, answered, event, senders = value["open"].pop(str(at))
        told = steps.get(str(at // STEP)) or [0, 0, [], []]
        told = [told[0] + messages, told[1] + answered, sorted([*told[2], event])[-ROWS:], sorted({*told[3], *senders})[:SENDERS]]
        steps[str(at // STEP)] = told
        if answered:
            value["told"] = False
        if not value["told"]:
            value["messages"], value["answered"] = value["messages"] + messages, value["answered"] + answered
    value["steps"] = lately = {at: told for at, told in steps.items() if int(at) > step - DOOR_STEPS}
    book.change(name, value)
    tries = sum(told[0] for told in lately.values())
    if value["told"] or len(lately) < 2 or tries < given.settings["tries"] or any(told[1] for told in lately.values()):
        return None
    before = value["messages"] - tries
    if before < DOOR_KNOWN or value["answered"] < given.settings["answered"] * before:
        return None
    value["told"] = True
    rows = sorted(row for told in lately.values() for row in told[2])[-ROWS:]
    return sorted({sender for told in lately.values() for sender in told[3]})[:SENDERS], rows


def unlearn(name: str, known: Known, time: Time) -> Known | None:
    """Without what a time taught. Gaps and half hours are kept by the hour of the week: all hours of which the time has a part are learned
    anew, and until then those beside them, and other days, say what is usual."""
    if name == _HEARD:
        return replace(known, value=known.value | {"steps": spared(known.value["steps"], time, STEP * MINUTE)})
    if not name.startswith("[") or not time.meets(known.first, known.last):
        return known
    if known.first in time:
        return None
    if name.startswith('["door"'):
        return replace(known, value=known.value | {"messages": 0, "answered": 0})
    week = _hours_of_week(time)
    left = {of: {hour: told for hour, told in known.value[of].items() if int(hour) not in week} for of in ("gaps", "halves")}
    return replace(known, value=known.value | left)


def _hours_of_week(time: Time) -> set[int]:
    """Those that a time meets, and the one before it: a gap counts to the hour in which it begins."""
    first, last = (micros(moment) // (60 * MINUTE) for moment in (time.since, time.until))
    return {hour % WEEK for hour in range(first - 1, min(last, first + WEEK) + 1)}


def _tidy(book: Book, step: int) -> None:
    """Forgets who was not heard for so long."""
    month = moment(step * STEP * MINUTE) - FORGET
    known = sorted((one.last, name) for name, one in book.all().items() if name != _HEARD)
    book.drop(name for last, name in known if last < month)
    book.drop(name for _, name in known[: max(0, len(known) - FEEDS_MAX)])
