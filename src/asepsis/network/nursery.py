"""Rules of others that the streams can answer, but that nothing is known to fire here, or that would only be in the way: they wait, each
with the reason, and watch nothing. A site may take one into use (`foreign`).

`nursery/index.toml` says of each why it waits, `nursery/unmapped.tsv` which rules of the same collection no stream can answer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from asepsis.kit.errors import WrongUse

from .library import NURSERY

INDEX, UNMAPPED, ENDING = "index.toml", "unmapped.tsv", ".yml"


class Why(StrEnum):
    """Why a rule waits: what fires it is never kept or never seen, honest traffic fires it too, or another rule tells of the same."""

    NO_EVENT = "no event"
    NOISE = "noise"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rule that waits: why, in a sentence, and of a duplicate the rules that tell of the same."""

    name: str
    path: Path
    why: Why
    says: str
    of: tuple[str, ...] = ()

    def form(self) -> dict[str, Any]:
        """As JSON."""
        return {"rule": self.name, "why": self.why.value, "says": self.says, "duplicate_of": list(self.of)}


@cache
def waiting() -> Sequence[Waiting]:
    """The rules that wait, in order of their names."""
    told = tomllib.loads((folder() / INDEX).read_text("utf-8"))["waits"]
    return tuple(
        Waiting(name, folder() / f"{name}{ENDING}", Why(one["why"]), one["says"], tuple(one.get("of", ())))
        for name, one in sorted(told.items())
    )


def waiting_as(name: str) -> Waiting | None:
    """The rule that waits under a name, with or without `nursery/` before it. Raises WrongUse if with it none does."""
    plain = name.removeprefix(f"{NURSERY}/").removesuffix(ENDING)
    found = next((one for one in waiting() if one.name == plain), None)
    if found is None and name.startswith(f"{NURSERY}/"):
        raise WrongUse("no rule waits under this name", name, "`asepsis network rules nursery` lists them")
    return found


def folder() -> Path:
    """Where they lie."""
    return Path(str(files("asepsis.network") / NURSERY))
