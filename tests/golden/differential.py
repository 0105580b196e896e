"""Facts of both readers side by side. `python -m tests.golden.differential` writes equal.tsv again; read the diff before you commit it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from . import facts_asepsis, facts_tshark
from .differences import COMPARED, EQUAL, TSHARK
from .facts import Fact

SHARED = Path(__file__).parents[3] / "shared" / "captures"
# pcap of both byte orders and both resolutions, pcapng, gzip.
MAGIC = ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a", "1f8b")


@cache
def version() -> str:
    """Major and minor version of tshark; nothing without one."""
    if shutil.which("tshark") is None:
        return ""
    said = subprocess.run(["tshark", "--version"], capture_output=True, check=True, text=True).stdout
    found = re.search(r"(\d+\.\d+)\.", said)
    return found[1] if found else ""


needs_this_tshark = pytest.mark.skipif(version() != TSHARK, reason=f"the differences are those from tshark {TSHARK}, which is not here")
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/captures is not here")


def captures() -> list[Path]:
    return [path for path in sorted(SHARED.rglob("*")) if path.is_file() and _begins(path).startswith(MAGIC)]


def _begins(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(4).hex()


def name(path: Path) -> str:
    return str(path.relative_to(SHARED))


@dataclass(frozen=True)
class Split:
    """Facts of one capture and kind: those that both tell, and those that only one does."""

    equal: int
    theirs: Counter[Fact]
    mine: Counter[Fact]

    @property
    def only(self) -> tuple[int, int]:
        return self.theirs.total(), self.mine.total()

    def where(self) -> set[str]:
        """The connections that differ; never what they say."""
        return {"{0} {1[0]}:{1[1]} {2[0]}:{2[1]}".format(*fact[0]) for fact in self.theirs | self.mine}


def compare(path: Path) -> dict[str, Split]:
    theirs, mine = facts_tshark.facts(path), facts_asepsis.facts(path)
    return {what: split(theirs[what], mine[what]) for what in COMPARED}


def split(theirs: Counter[Fact], mine: Counter[Fact]) -> Split:
    """Equal is what is the same, or is but for the names that are withheld (`*`)."""
    theirs, mine, both = theirs - mine, mine - theirs, theirs & mine
    equal = both.total()
    for fact in [fact for fact in mine if any(isinstance(part, str) and "*" in part for part in fact)]:
        for other in [other for other in theirs if _fits(fact, other)]:
            count = min(mine[fact], theirs[other])
            equal += count
            mine[fact] -= count
            theirs[other] -= count
    return Split(equal, +theirs, +mine)


def _fits(fact: Fact, other: Fact) -> bool:
    return len(fact) == len(other) and all(map(_covers, fact, other))


def _covers(part: object, other: object) -> bool:
    if isinstance(part, str) and isinstance(other, str) and "*" in part:
        return re.fullmatch(".+".join(map(re.escape, part.split("*"))), other, re.DOTALL) is not None
    return part == other


def write() -> None:
    lines = [
        "# How many facts asepsis and tshark both tell. Made by `python -m tests.golden.differential`.",
        "\t".join(["capture", *COMPARED]),
    ]
    for path in captures():
        found = compare(path)
        lines.append("\t".join([name(path), *(str(found[what].equal) for what in COMPARED)]))
    EQUAL.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    write()
