"""Regular expressions that mean the same to every engine, and that none of them chokes on.

DuckDB matches with RE2, in time linear in the text whatever the expression is (Cox, "Regular Expression Matching Can Be Simple And Fast",
2007). Spark's engine backtracks. So only what both can do is let through, and nothing that a text could be matched by in exponentially many
ways (`ambiguity`): there, what is left of backtracking is a polynomial of the text, whose degree is the number of repeats in a row.

Source: Sigma specification 2.1, appendix modifiers, "Regular Expression" (wildcards, anchors, quantifiers, classes, groups, alternation),
and the escapes that PCRE, RE2 and Java share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from asepsis.kit.errors import BadInput

from .ambiguity import ALL, OTHER, Each, Either, Node, Nothing, Repeat, Row, exponential, unfolded

CHARACTERS = 1_000
REPEAT = 1_000
"""RE2's own limit of a counted repeat (kMaxRepeat)."""
REPEATS = 10
DEPTH = 20

_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}")
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12}


def checked(pattern: str, flags: str, where: str) -> str:
    """The expression with its flags, as engines read them. Raises BadInput for one that they would read differently, or that explodes."""
    if len(pattern) > CHARACTERS:
        raise BadInput(f"a regular expression of more than {CHARACTERS:,} characters", where, "write several shorter ones")
    parser = _Parser(pattern, where, "i" in flags)
    tree = parser.whole()
    if parser.repeats > REPEATS:
        raise BadInput(f"a regular expression with more than {REPEATS} repeats", where, "write several simpler ones")
    if why := exponential(tree):
        raise BadInput(f"an exponential regular expression: {why}", where, "repeat only what can be read in one way")
    return (f"(?{flags})" if flags else "") + pattern


@dataclass
class _Parser:
    pattern: str
    where: str
    fold: bool
    at: int = 0
    repeats: int = 0
    depth: int = field(default=0)

    def whole(self) -> Node:
        if leading := re.match(r"\(\?([ims]+)\)", self.pattern):
            self.at, self.fold = leading.end(), self.fold or "i" in leading[1]
        tree = self._either()
        if self.at < len(self.pattern):
            raise self._bad("a bracket that closes nothing")
        return tree

    def _bad(self, what: str, todo: str = "use what the Sigma specification lists") -> BadInput:
        return BadInput(f"in a regular expression {what}", f"{self.where}, character {self.at + 1}", todo)

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def _either(self) -> Node:
        branches = [self._row()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._row())
        return branches[0] if len(branches) == 1 else Either(branches)

    def _row(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return Row(parts)

    def _repeated(self, atom: Node) -> Node:
        least, many = 1, False
        match self._peek():
            case "*":
                least, many = 0, True
            case "+":
                many = True
            case "?":
                least = 0
            case "{":
                return self._counted(atom)
            case _:
                return atom
        self.at += 1
        return self._quantified(atom, least, many)

    def _counted(self, atom: Node) -> Node:
        found = _COUNT.match(self.pattern, self.at)
        if not found:
            raise self._bad("a { that counts nothing", "write \\{ for the character")
        self.at = found.end()
        least, most = int(found[1]), int(found[3] or (REPEAT if found[2] else found[1]))
        if not least <= most <= REPEAT:
            raise self._bad(f"a count that is not up to {REPEAT:,}")
        return self._quantified(atom, least, most > 1, int(found[3] or least or 1))

    def _quantified(self, atom: Node, least: int, many: bool, times: int = 1) -> Node:
        if isinstance(atom, Nothing):
            raise self._bad("a repeated anchor")
        if self._peek() == "?":  # lazy: the same texts match
            self.at += 1
        if self._peek() and self._peek() in "*+?{":
            raise self._bad("a repeat of a repeat, or a possessive one", "leave one out")
        self.repeats += many
        tree = Repeat(atom, least == 0, many, times)
        if unfolded(tree) > REPEAT:
            raise self._bad(f"counts within counts that make more than {REPEAT:,}")
        return tree

    def _atom(self) -> Node:
        match character := self._take():
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                mask = self._escape()
                return Nothing() if mask is None else Each(mask)
            case "^" | "$":
                return Nothing()
            case ".":
                return Each(ALL)
            case "*" | "+" | "?" | "{":
                self.at -= 1
                raise self._bad("a repeat of nothing", "write a backslash before it for the character")
        return Each(self._mask(ord(character)))

    def _group(self) -> Node:
        if self._peek() == "?":
            if self.pattern[self.at : self.at + 2] != "?:":
                raise self._bad("look-around, a named group or a flag", "use plain groups, and flags as modifiers (re|i)")
            self.at += 2
        self.depth += 1
        if self.depth > DEPTH:
            raise self._bad(f"groups more than {DEPTH} deep")
        tree = self._either()
        if self._take() != ")":
            raise self._bad("a group without end")
        self.depth -= 1
        return tree

    def _class(self) -> Node:
        negated = self._peek() == "^"
        self.at += negated
        mask, first = 0, True
        while (character := self._take()) != "]" or first:
            if not character or character in "[]" or self.pattern[self.at - 1 : self.at + 1] in ("&&", "--", "~~", "||"):
                raise self._bad("a class that engines read differently", "write a backslash before brackets and && in classes")
            first, low = False, ord(character)
            if character == "\\":
                escaped = self._escape(inside=True)
                assert escaped is not None
                mask |= escaped
                low = escaped.bit_length() - 1 if escaped.bit_count() == 1 else -1
            if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                mask |= self._range(low)
            elif character != "\\":
                mask |= self._mask(low)
        return Each(ALL & ~mask | OTHER if negated else mask)

    def _range(self, low: int) -> int:
        high = self._take()
        if low < 0 or high in ("[", "]", "\\") or ord(high) < low:
            raise self._bad("a range that is none", "write it from the lower to the higher character")
        mask = OTHER if ord(high) > 127 else 0
        for code in range(low, min(ord(high), 127) + 1):
            mask |= self._mask(code)
        return mask

    def _escape(self, inside: bool = False) -> int | None:
        """The characters that an escape stands for; None for a place between characters."""
        character = self._take()
        if character in _CONTROLS:
            return self._mask(_CONTROLS[character])
        if character == "x" and (found := re.compile("[0-9A-Fa-f]{2}").match(self.pattern, self.at)):
            self.at = found.end()
            return self._mask(int(found[0], 16))
        if character and character.lower() in "dws":
            members = sum(1 << code for code in range(128) if re.fullmatch(rf"\{character.lower()}", chr(code), re.ASCII))
            return members if character.islower() else ALL & ~members | OTHER
        if character and character in "bB" and not inside:
            return None
        if not character or character.isalnum() or not character.isascii() or character == "_":
            raise self._bad(f"the escape \\{character}", "use \\d \\w \\s \\b, or a backslash before punctuation")
        return self._mask(ord(character))

    def _mask(self, code: int) -> int:
        if code > 127:
            return OTHER
        character = chr(code)
        cases = {character.lower(), character.upper()} if self.fold else {character}
        # Beyond ASCII there are letters that fold to k and s.
        return sum(1 << ord(case) for case in cases) | (OTHER if self.fold and character.lower() in "ks" else 0)
