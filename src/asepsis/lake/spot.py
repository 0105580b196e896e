"""Where in a query something is wrong, as people find it: the line, and the column or the words, counted from 1."""

from __future__ import annotations

import re

_UNDERLINED = re.compile(r"^LINE (\d+): (.*)\n( *)(\^+)", re.MULTILINE)
_NOWHERE = 1 << 40
_WORDS = 60


def spot(query: str, at: int | None) -> str:
    """The place of the byte number `at` (of UTF-8, from 0) of a query; empty where the engine knows none."""
    if at is None or not 0 <= at < _NOWHERE:
        return ""
    before = query.encode("utf-8", "surrogatepass")[:at].decode("utf-8", "ignore")
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def underlined(said: str, above: int = 0) -> str:
    """The place that DuckDB underlines in what it says of a query, before which stood so many lines; empty where it underlines nothing."""
    found = _UNDERLINED.search(said)
    if found is None:
        return ""
    number, line, blanks, marks = found.groups()
    begin = len(blanks) - len(f"LINE {number}: ")
    return f"line {int(number) - above}, at {line[begin : begin + len(marks)][:_WORDS]}"
