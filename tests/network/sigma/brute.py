"""What a rule means, worked out one event at a time, without SQL and without pySigma: the other opinion that the SQL must share.

Documents are the plain maps that YAML gives. Source: Sigma specification 2.1; it is written to be read, not to be fast.
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.network.sigma.tables import STREAMS, Row

from asepsis.network.sigma.taxonomy import IDENTITIES, Taxonomy

Document = dict[str, Any]
MANY, ONE = object(), object()
_TAXONOMY = Taxonomy(STREAMS)
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")


def fold(text: str) -> str:
    """Lower case by simple mappings (Unicode 3.13): a letter stays one letter."""
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in text)


def tokens(text: str) -> list[Any]:
    """A text with its wildcards: a backslash takes the meaning of *, ? or a backslash, and is itself before anything else."""
    found: list[Any] = []
    n = 0
    while n < len(text):
        if text[n] == "\\" and text[n + 1 : n + 2] in ("*", "?", "\\"):
            found.append(text[n + 1])
            n += 2
            continue
        found.append({"*": MANY, "?": ONE}.get(text[n], text[n]))
        n += 1
    return found


def like(tokens: Sequence[Any], text: str, cased: bool) -> bool:
    shape = "".join(".*" if one is MANY else "." if one is ONE else re.escape(one if cased else fold(one)) for one in tokens)
    return re.fullmatch(shape, text if cased else fold(text), re.DOTALL) is not None


def literal(tokens: Sequence[Any]) -> str:
    return "".join(tokens)


Test = Callable[[Any], bool]


def tests(modifiers: Sequence[str], value: Any) -> list[list[Any]]:
    """The texts that a value becomes by its modifiers, in order: any of them is enough."""
    some = [tokens(value)]
    for modifier in modifiers:
        match modifier:
            case "contains":
                some = [
                    ([] if one[:1] == [MANY] else [MANY]) + one + ([] if (one[-1:] == [MANY] and len(one) > 1) or one == [MANY] else [MANY])
                    for one in some
                ]
            case "startswith":
                some = [one + ([] if one[-1:] == [MANY] else [MANY]) for one in some]
            case "endswith":
                some = [([] if one[:1] == [MANY] else [MANY]) + one for one in some]
            case "wide":
                some = [list(literal(one).encode("utf-16-le").decode()) for one in some]
            case "base64":
                some = [list(b64encode(literal(one).encode()).decode()) for one in some]
            case "base64offset":
                some = [list(part) for one in some for part in shifted(literal(one).encode())]
            case "windash":
                some = [list(way) for one in some for way in dashed(literal(one))]
    return some


def shifted(data: bytes) -> list[str]:
    """What of its Base64 is the same wherever the data stands in a longer text: for each offset, without the digits that share bits with
    a neighbour (RFC 4648 section 4: a digit has six bits)."""
    parts = []
    for offset in range(3):
        first = -(-offset * 8 // 6)
        last = (offset + len(data)) * 8 // 6
        parts.append(b64encode(b"\0" * offset + data + b"\0\0\0").decode()[first:last])
    return parts


def dashed(text: str) -> Iterator[str]:
    """Every way to write the dashes that begin a word."""
    places = [found.start() for found in re.finditer(r"\B[-/]\b", text)]
    ways = [text]
    for place in places:
        ways = [way[:place] + dash + way[place + 1 :] for way in ways for dash in _DASHES]
    yield from ways


def text_of(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def one_value(cell: Any, modifiers: Sequence[str], value: Any, row: Row, stream: str) -> bool:
    """Whether one cell, which is there and no list, matches one value."""
    if "fieldref" in modifiers:
        other = row.get(column(stream, value))
        if other is None:
            return False
        if isinstance(cell, str):
            left, right = fold(cell), fold(other)
            starts, ends = bool({"startswith", "contains"} & set(modifiers)), bool({"endswith", "contains"} & set(modifiers))
            if starts and ends:
                return right in left
            return left.startswith(right) if starts else left.endswith(right) if ends else left == right
        return bool(cell == other)
    for word, test in _COMPARED.items():
        if word in modifiers:
            part = next((one for one in modifiers if one in _PARTS), None)
            return test(_PARTS[part](cell) if part else cell, value)
    if part := next((one for one in modifiers if one in _PARTS), None):
        return bool(_PARTS[part](cell) == value)
    if "cidr" in modifiers:
        return inside(cell, value)
    if "re" in modifiers:
        flags = re.ASCII | sum({"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}.get(one, 0) for one in modifiers)
        return re.search(re.sub(r"\$$", r"\\Z", value) if "m" not in modifiers else value, text_of(cell), flags) is not None
    if isinstance(cell, bool):
        return fold(text_of(value)) in (("true", "t", "1") if cell else ("false", "f", "0"))
    if isinstance(cell, float):
        try:
            return cell == float(value)
        except ValueError:
            return False
    if isinstance(cell, int) and isinstance(value, int | float):
        return cell == value
    if not isinstance(value, str):
        return text_of(cell) == text_of(value)
    return any(like(one, text_of(cell), "cased" in modifiers) for one in tests(modifiers, value))


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda cell, value: bool(cell < value),
    "lte": lambda cell, value: bool(cell <= value),
    "gt": lambda cell, value: bool(cell > value),
    "gte": lambda cell, value: bool(cell >= value),
}
_PARTS: dict[str | None, Callable[[datetime], int]] = {
    "minute": lambda cell: cell.minute,
    "hour": lambda cell: cell.hour,
    "day": lambda cell: cell.day,
    "week": lambda cell: cell.isocalendar().week,
    "month": lambda cell: cell.month,
    "year": lambda cell: cell.year,
}


def inside(cell: str, network: str) -> bool:
    """An IPv4 address in the form of an IPv6 one (RFC 4291 section 2.5.5.2) is the IPv4 address, in a rule as in the lake."""
    try:
        address, net = ipaddress.ip_address(cell), ipaddress.ip_network(network)
    except ValueError:
        return False
    if isinstance(net, ipaddress.IPv6Network) and net.network_address.ipv4_mapped and net.prefixlen >= 96:
        net = ipaddress.ip_network((int(net.network_address) & 0xFFFFFFFF, net.prefixlen - 96))
    return address in net


def column(stream: str, field: str) -> str:
    return _TAXONOMY.column(STREAMS[stream], field, "").name


def field(row: Row, key: str, values: Any, stream: str) -> bool:
    name, *modifiers = key.split("|")
    every = all if "all" in modifiers else any
    listed = values if isinstance(values, list) else [values]
    result = every([one_field(row, name, modifiers, value, stream) for value in listed])
    return not result if "neq" in modifiers else result


def one_field(row: Row, name: str, modifiers: Sequence[str], value: Any, stream: str) -> bool:
    if not name:
        return keyword(row, modifiers, value, stream)
    cell = row.get(column(stream, name))
    there = cell is not None and cell != []
    if "exists" in modifiers:
        return there == value
    if value is None:
        return not there
    if not there:
        return False
    cells = [one for one in cell if one is not None] if isinstance(cell, list) else [cell]
    return any(one_value(one, modifiers, value, row, stream) for one in cells)


def keyword(row: Row, modifiers: Sequence[str], value: Any, stream: str) -> bool:
    """Anywhere in the texts of the event."""
    cells: list[str] = []
    for one in STREAMS[stream].columns:
        cell = row.get(one.name)
        if cell is not None and one.type in ("text", "list of text") and one.name not in IDENTITIES:
            cells += [part for part in cell if part is not None] if isinstance(cell, list) else [cell]
    if "re" in modifiers:
        return any(one_value(cell, modifiers, value, row, stream) for cell in cells)
    return any(like([MANY, *one, MANY], cell, "cased" in modifiers) for one in tests(modifiers, text_of(value)) for cell in cells)


def selection(row: Row, body: Any, stream: str) -> bool:
    if isinstance(body, dict):
        return all(field(row, key, values, stream) for key, values in body.items())
    if isinstance(body, list):
        return any(selection(row, one, stream) for one in body)
    return keyword(row, [], body, stream)


def means(document: Document, row: Row, stream: str) -> bool:
    """Whether a rule means an event."""
    detection = document["detection"]
    conditions = detection["condition"]
    named = {name: body for name, body in detection.items() if name != "condition"}
    return any(
        Condition(one, lambda name: selection(row, named[name], stream), list(named)).whole()
        for one in (conditions if isinstance(conditions, list) else [conditions])
    )


class Condition:
    """or binds least, then and, then not; `x of` and brackets most."""

    def __init__(self, text: str, holds: Callable[[str], bool], names: Sequence[str]) -> None:
        self._words = re.findall(r"[()]|[^\s()]+", text)
        self._holds, self._names = holds, names

    def whole(self) -> bool:
        result = self._either()
        assert not self._words
        return result

    def _either(self) -> bool:
        result = self._both()
        while self._words[:1] == ["or"]:
            self._words.pop(0)
            other = self._both()
            result = result or other
        return result

    def _both(self) -> bool:
        result = self._turned()
        while self._words[:1] == ["and"]:
            self._words.pop(0)
            other = self._turned()
            result = result and other
        return result

    def _turned(self) -> bool:
        if self._words[:1] == ["not"]:
            self._words.pop(0)
            return not self._turned()
        word = self._words.pop(0)
        if word == "(":
            result = self._either()
            assert self._words.pop(0) == ")"
            return result
        if word in ("1", "any", "all") and self._words[:1] == ["of"]:
            self._words.pop(0)
            pattern = self._words.pop(0)
            shape = ".*" if pattern == "them" else ".*".join(map(re.escape, pattern.split("*")))
            chosen = [name for name in self._names if re.fullmatch(shape, name) and (pattern[0] == "_" or name[0] != "_")]
            return (all if word == "all" else any)([self._holds(name) for name in chosen])
        return self._holds(word)


# Correlations. An event is its id, stream and time, and the values of the fields that were asked for.

Event = tuple[str, str, datetime, tuple[Any, ...]]
Counted = tuple[int, Event, tuple[Any, ...], tuple[Any, ...]]
Moment = tuple[tuple[Any, ...], datetime, Any]
Documents = dict[str, Document]
Tables = dict[str, list[Row]]


def events(documents: Documents, name: str, tables: Tables, fields: Sequence[str]) -> set[Event]:
    """The events of a rule; of a correlation those that end a window in which it holds."""
    document = documents[name]
    if "correlation" not in document:
        stream = document["logsource"]["service"]
        columns = [column(stream, field) for field in fields]
        chosen = [row for row in tables[stream] if means(document, row, stream)]
        return {(row["event_id"], stream, row["ts"], tuple(row.get(word) for word in columns)) for row in chosen}
    held = {(group, moment) for group, moment, _ in moments(documents, name, tables)}
    some = counted(documents, name, tables, fields)
    return {(*event[:3], event[3]) for _, event, group, _ in some if (group, event[2]) in held}


def counted(documents: Documents, name: str, tables: Tables, more: Sequence[str] = ()) -> list[Counted]:
    """The events of a correlation (with `more` fields): the number of the rule, the event, its group and its values. One that several rules
    mean is there once, but for rules that must each have one."""
    section = documents[name]["correlation"]
    group_by, condition = section.get("group-by") or [], section.get("condition") or {}
    fields = condition.get("field", [])
    fields = fields if isinstance(fields, list) else [fields]
    found: dict[Counted, None] = {}
    for n, rule in enumerate(section["rules"]):
        words = [section.get("aliases", {}).get(field, {}).get(rule, field) for field in (*group_by, *fields, *more)]
        for one, stream, ts, cells in events(documents, rule, tables, words):
            group, values = cells[: len(group_by)], cells[len(group_by) : len(group_by) + len(fields)]
            if section["type"] in _NUMBERS:
                values = tuple(number(value) for value in values)
            if None in group or None in values:
                continue
            k = n if section["type"].startswith("temporal") else 0
            found[k, (one, stream, ts, cells[len(group_by) + len(fields) :]), group, values] = None
    return list(found)


def number(value: Any) -> Decimal | None:
    """A value as it is summed: six places; one that is no number, or has more than 22 digits before them, does not count."""
    if value is None or value - value != 0 or abs(value) >= 10**22:
        return None
    return round(Decimal(str(value)), 6)


def moments(documents: Documents, name: str, tables: Tables) -> list[Moment]:
    """When a correlation holds, in which group, and with which value: every window that an event ends is looked at."""
    section = documents[name]["correlation"]
    span = timedelta(seconds=int(section["timespan"][:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[section["timespan"][-1]])
    some = counted(documents, name, tables)
    found = []
    for group, end in sorted({(group, event[2]) for _, event, group, _ in some}, key=repr):
        window = [one for one in some if one[2] == group and end - span <= one[1][2] <= end]
        holds, value = judged(section, window)
        if holds:
            found.append((group, end, value))
    return found


def judged(section: Document, window: Sequence[Counted]) -> tuple[bool, Any]:
    kind, condition = section["type"], section.get("condition") or {}
    compared = {key: Decimal(str(value)) for key, value in condition.items() if key not in ("field", "percentile")}
    rules = {k for k, *_ in window}
    if kind == "temporal_ordered":
        return in_order(window, len(section["rules"])), len(rules)
    numbers = sorted(values[0] for *_, values in window) if kind in _NUMBERS else []
    match kind:
        case "event_count":
            value: Any = Decimal(len(window))
        case "value_count":
            value = Decimal(len({values for *_, values in window}))
        case "value_sum":
            value = sum(numbers, Decimal(0))
        case "value_avg":
            value = sum(numbers, Decimal(0)) / len(numbers)
            # A third of ten has no end as a decimal, so it is compared times its count.
            return all(_HOLDS[key](sum(numbers, Decimal(0)), bound * len(numbers)) for key, bound in compared.items()), float(value)
        case "temporal":
            value = Decimal(len(rules))
            compared = compared or {"gte": Decimal(len(section["rules"]))}
        case _:
            share = Decimal(condition.get("percentile", 50))
            value = next(number for n, number in enumerate(numbers, 1) if 100 * n >= share * len(numbers))
    return all(_HOLDS[key](value, bound) for key, bound in compared.items()), value


_NUMBERS = ("value_sum", "value_avg", "value_percentile", "value_median")
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, bound: bool(value > bound),
    "gte": lambda value, bound: bool(value >= bound),
    "lt": lambda value, bound: bool(value < bound),
    "lte": lambda value, bound: bool(value <= bound),
    "eq": lambda value, bound: bool(value == bound),
    "neq": lambda value, bound: bool(value != bound),
}


def in_order(window: Sequence[Counted], rules: int) -> bool:
    """Whether there is an event of each rule, none before that of the rule before."""
    earliest: datetime | None = None
    for n in range(rules):
        times = [event[2] for k, event, *_ in window if k == n and (earliest is None or event[2] >= earliest)]
        if not times:
            return False
        earliest = min(times)
    return True


def episodes(documents: Documents, name: str, tables: Tables) -> list[tuple[Any, ...]]:
    """Group, begin, when it first held, end, how many events, their ids rule by rule in order of time."""
    section = documents[name]["correlation"]
    span = timedelta(seconds=int(section["timespan"][:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[section["timespan"][-1]])
    some = counted(documents, name, tables)
    found = []
    for group in sorted({group for *_, group, _ in some}, key=repr):
        ends = sorted(end for one, end, _ in moments(documents, name, tables) if one == group)
        runs: list[list[datetime]] = []
        for end in ends:
            if runs and end - runs[-1][-1] <= span:
                runs[-1].append(end)
            else:
                runs.append([end])
        for run in runs:
            inside = [one for one in some if one[2] == group and run[0] - span <= one[1][2] <= run[-1]]
            ids = sorted((event[2], event[0], k) for k, event, *_ in inside)
            found.append((group, min(ids)[0], run[0], run[-1], len(inside), [(one, k) for _, one, k in ids]))
    return found
