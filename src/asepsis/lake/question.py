"""What a person asks of the lake on the page Hunt, and what that may take."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from asepsis.kit import moment
from asepsis.kit.errors import WrongUse
from asepsis.kit.output import iso
from asepsis.lake.bounds import Between, Bounds

CHARACTERS = 20_000
"""More than anybody types; the journal keeps each query."""
HUNT = Bounds(seconds=60.0, memory="512MB", rows=100_000, size=64 << 20)
"""What one query may take: three at once leave an old PC its pages."""
# Controls, marks of direction and halves of characters (Unicode 15, table 12): what is read must be what is run.
_REFUSED = {"Cc", "Cf", "Cs"}


@dataclass(frozen=True, slots=True)
class Question:
    """One SELECT over the rows of `since` and later, and before `until`; None: no end."""

    text: str
    since: datetime | None = None
    until: datetime | None = None

    @property
    def between(self) -> Between:
        return self.since, self.until

    def form(self) -> dict[str, str | None]:
        """As JSON keeps it."""
        return {"text": self.text, "since": iso(self.since) if self.since else None, "until": iso(self.until) if self.until else None}


def question(text: str, since: str = "", until: str = "") -> Question:
    """What was typed into a form. Raises WrongUse for no query, one that is too long or has signs that do not show, and for no times."""
    asked = Question(query_text(text), *(moment.parse(one) if one else None for one in (since.strip(), until.strip())))
    if asked.since and asked.until and asked.since >= asked.until:
        raise WrongUse("the time ends before it begins", f"{iso(asked.since)}, {iso(asked.until)}", "change one of the two")
    return asked


def query_text(text: str) -> str:
    """A query as it is kept, without blanks around it. Raises WrongUse as `question` does."""
    said = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    if not said:
        raise WrongUse("there is no query", todo="write one SELECT, or choose a query")
    if len(said) > CHARACTERS:
        raise WrongUse(f"the query is longer than {CHARACTERS:,} characters", todo="shorten it")
    if hidden := next((c for c in said if c not in "\n\t" and unicodedata.category(c) in _REFUSED), ""):
        raise WrongUse("the query has a sign that does not show", f"U+{ord(hidden):04X}", "leave it out")
    return said
