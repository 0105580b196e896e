"""Where in a TOML file something stands. The parser of the language keeps no places, so the text is gone through again, once it is known
to be TOML: by tokens, as a line that looks like a heading may stand in a text of several lines."""

from __future__ import annotations

import re
from collections import Counter

Path = tuple[str | int, ...]
"""The way to a value: table, number of the table, key, number of the item. A table that is no list has no number."""

_TOKEN = re.compile(
    r"""[ \t\r\n]+ | \#[^\n]*
    | (?P<text> "{3} (?:\\.|[^\\])*? "{3,5}(?!") | '{3} .*? '{3,5}(?!') | "(?:\\.|[^"\\])*" | '[^']*' )
    | (?P<mark> [\[\]{},=] )
    | (?P<bare> [^\s\#"'\[\]{},=]+ )""",
    re.DOTALL | re.VERBOSE,
)


class Wrong(Exception):
    """A value that is not what it should be, with the way to it, and to the `other` entry that it cannot stand beside."""

    def __init__(self, path: Path, said: str, other: Path = ()) -> None:
        super().__init__(f"{'.'.join(part for part in path if isinstance(part, str))}: {said}")
        self.path, self.other = path, other


def place(text: str, path: Path) -> tuple[int, int]:
    """Line and column, from 1, of what `path` leads to, or of the nearest that it lies in."""
    known = _Reader(text).read()
    at = next((known[path[:n]] for n in range(len(path), 0, -1) if path[:n] in known), 0)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


class _Reader:
    """Goes through valid TOML and notes where each table, value and item begins."""

    def __init__(self, text: str) -> None:
        self._tokens = [(str(m.lastgroup), m[0], m.start()) for m in _TOKEN.finditer(text) if m.lastgroup]
        self._at = 0
        self._known: dict[Path, int] = {}
        self._numbers: Counter[str] = Counter()

    def read(self) -> dict[Path, int]:
        table: Path = ()
        while self._at < len(self._tokens):
            if self._mark() == "[":
                table = self._heading()
            else:
                self._pair(table)
        return self._known

    def _mark(self) -> str:
        kind, token, _ = self._tokens[self._at]
        return token if kind == "mark" else ""

    def _heading(self) -> Path:
        start, begun = self._tokens[self._at][2], self._at
        while self._mark() == "[":
            self._at += 1
        brackets = self._at - begun
        first, *more = self._names("]")
        self._at += brackets - 1
        if brackets == 2 and not more:
            self._numbers[first] += 1
        number = (self._numbers[first] - 1,) if first in self._numbers else ()
        path = (first, *number, *more)
        self._known.setdefault((first,), start)
        self._known.setdefault(path, start)
        return path

    def _names(self, end: str) -> list[str]:
        """The parts of a key or heading, which `end` ends."""
        names: list[str] = []
        while (mark := self._mark()) != end:
            kind, token, _ = self._tokens[self._at]
            names += [token[1:-1]] if kind == "text" else [] if mark else filter(None, token.split("."))
            self._at += 1
        self._at += 1
        return names

    def _pair(self, table: Path) -> None:
        self._value((*table, *self._names("=")))

    def _value(self, path: Path) -> None:
        self._known.setdefault(path, self._tokens[self._at][2])
        mark, nth = self._mark(), 0
        self._at += 1
        if mark not in ("[", "{"):
            self._time()
            return
        while self._mark() != {"[": "]", "{": "}"}[mark]:
            if self._mark() == ",":
                self._at += 1
            elif mark == "{":
                self._pair(path)
            else:
                self._value((*path, nth))
                nth += 1
        self._at += 1

    def _time(self) -> None:
        """A date may have its time behind a space; no key has a colon."""
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "bare" and ":" in self._tokens[self._at][1]:
            self._at += 1
