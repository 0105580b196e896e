"""What an asset is, judged from evidence. The rules are content: data/*.tsv, each row with its source.

The score can be done by hand: a kind's strongest evidence counts whole, the next half, the next a quarter, and so on, one count a rule;
a rival kind takes away half of its own score. The sum, at most 95, is the confidence in per cent.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

UNKNOWN = "unknown"
DECOY = "decoy"
"""Only ever stated."""
MOST = 95
"""Nothing that was only seen is certain: what a machine says of itself can be set by hand."""
LEAST = 25
"""A score below this names no kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of kinds.tsv. `group`: device, server, client, gear or none; `general`: wider kinds, no rivals to it; `words`: a noun."""

    group: str
    clinical_class: str
    words: str
    general: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to take an asset for a kind. `rule` names the row that fired: one rule counts once, however often it fires."""

    kind: str
    points: int
    rule: str
    sentence: str
    source: str
    event_id: str | None
    ts: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind, how sure (0-1), every kind with its score, and the evidence for them, strongest first."""

    kind: str
    confidence: float
    scores: tuple[tuple[str, int], ...]
    evidence: tuple[Evidence, ...]


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """A file of data/: tab-separated with a heading, lines beginning with # left out."""
    text = files("asepsis.hospital").joinpath("data", f"{name}.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def patterns(name: str, column: str) -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    """A table whose `column` holds a regular expression, searched without regard to case."""
    return tuple((re.compile(row[column], re.IGNORECASE), row) for row in table(name))


def _kinds() -> dict[str, Kind]:
    return {
        r["kind"]: Kind(r["group"], r["clinical_class"], r["words"], frozenset(filter(None, r["general"].split(","))))
        for r in table("kinds")
    }


KINDS = _kinds()


POSSIBLE = "possible "
"""Stands before a kind for which little speaks."""


def counted_kind(number: int, kind: str) -> str:
    """`3 CT scanners`, `1 possible workstation`; of several kinds, or of one that is no word of ours, `2 devices`."""
    plain = kind.removeprefix(POSSIBLE)
    words = kind[: -len(plain)] + KINDS[plain].words if plain in KINDS else "device"
    return f"{number:,} {words}" if number == 1 else f"{number:,} {words}s"


def judge(evidence: Iterable[Evidence]) -> Verdict:
    """The kind that the evidence speaks for; `unknown` with confidence 0 where it speaks for none."""
    strongest: dict[tuple[str, str], Evidence] = {}
    for e in sorted(evidence, key=_by_strength):
        strongest.setdefault((e.kind, e.rule), e)
    kept = tuple(sorted(strongest.values(), key=_by_strength))
    scores = {kind: _score(e.points for e in kept if e.kind == kind) for kind in {e.kind for e in kept}}
    ranked = sorted(scores, key=lambda k: (-scores[k], sum(k in KINDS[o].general for o in scores), k))
    winner = next(iter(_specific(ranked, scores, kept)), UNKNOWN)
    if scores.get(winner, 0) < LEAST:
        return Verdict(UNKNOWN, 0.0, tuple((k, scores[k]) for k in ranked), kept)
    rival = max((scores[k] for k in scores if _rivals(winner, k)), default=0)
    return Verdict(winner, max(scores[winner] - rival // 2, 5) / 100, tuple((k, scores[k]) for k in ranked), kept)


def _specific(ranked: list[str], scores: dict[str, int], kept: Iterable[Evidence]) -> list[str]:
    """Puts a special kind before its general one where both have evidence: CT and PET images from one machine are a PET/CT. Evidence that
    speaks for both alike decides nothing: who takes in images may be a PACS or an archive, and is a PACS if it answers queries."""
    rules: dict[str, set[str]] = {}
    for e in kept:
        rules.setdefault(e.kind, set()).add(e.rule)

    def is_outdone(kind: str) -> bool:
        special = (o for o in ranked if kind in KINDS[o].general and rules[o] - rules[kind])
        return any(scores[o] >= LEAST and scores[o] * 2 >= scores[kind] for o in special)

    return sorted(ranked, key=lambda k: (is_outdone(k), ranked.index(k)))


def _rivals(winner: str, other: str) -> bool:
    """Servers do many things at once, so the roles of one are no rivals; neither is a more general word for the winner, nor what people do
    at the console of a device."""
    if other == winner or other in KINDS[winner].general or winner in KINDS[other].general:
        return False
    groups = KINDS[winner].group, KINDS[other].group
    return "server" not in groups and groups != ("device", "client")


def _score(points: Iterable[int]) -> int:
    return min(MOST, int(sum(p / 2**i for i, p in enumerate(sorted(points, reverse=True)))))


def _by_strength(e: Evidence) -> tuple[int, str, str, str, str]:
    return (-e.points, e.kind, e.rule, e.sentence, e.event_id or "")
