"""The errors a person may see: one line that says what is wrong, where, and what to do about it.

Everything asepsis raises on purpose is an `AsepsisError`; a command turns it into one line on stderr and its exit code
(`asepsis.kit.command`). Any other exception that reaches a person is a bug.
"""

from __future__ import annotations

import re

# C0 and C1 controls, line separators, and what turns the direction of writing (UAX 9 section 2): a hostile file name or message must not
# break the one line, drive the terminal or look like another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def one_line(text: object, limit: int = 400) -> str:
    """`text` as a single printable line of at most `limit` characters."""
    line = " ".join(_CONTROL.sub(" ", str(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"


class AsepsisError(Exception):
    """Something that a person can understand and mend. `str()` is one line: "what: where: todo"."""

    exit_code = 3

    def __init__(self, what: object, where: object = "", todo: object = "") -> None:
        self.what, self.where, self.todo = one_line(what), one_line(where), one_line(todo)
        super().__init__(": ".join(part for part in (self.what, self.where, self.todo) if part))


class WrongUse(AsepsisError):
    """The command was called in a way it does not know."""

    exit_code = 2


class BadInput(AsepsisError):
    """A file, site, query or environment that cannot be worked with."""

    exit_code = 3


class DoesNotHold(AsepsisError):
    """What the command verifies does not hold."""

    exit_code = 4
