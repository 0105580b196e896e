"""What would leave the worklist if the hospital changed something: `zone:radiology no internet`.

A change ends the faults of checks that say so, and takes exposure from what it shuts off: without the internet nothing is open to it, in an
isolated zone only that zone reaches what is inside. The rest is judged by the same tables as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from asepsis.hospital.service import POSSIBLE
from asepsis.kit.errors import WrongUse

from .decision import judge
from .finding import Finding, Kind, Remedy
from .line import Line, place
from .ssvc import Exposure
from .worklist import worklist

_LEFT = {Remedy.NO_INTERNET: {Exposure.OPEN: Exposure.CONTROLLED}, Remedy.ISOLATED: dict.fromkeys(Exposure, Exposure.SMALL)}
# Zones or kinds that an error names.
_NAMED = 12
_SCOPES = ("zone", "kind", "asset")
USE = "write it as 'zone:NAME REMEDY', 'kind:NAME REMEDY', 'asset:ID REMEDY' or 'all REMEDY'; a remedy is " + ", ".join(Remedy)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A change for a zone, a kind of asset, one asset, or all."""

    scope: str
    name: str
    remedy: Remedy

    def concerns(self, finding: Finding) -> bool:
        """Whether the change touches what a finding is about."""
        seen, name = finding.seen, self.name.casefold().removeprefix(POSSIBLE)
        return {
            "zone": seen.zone.casefold() == name,
            "kind": seen.asset_kind.removeprefix(POSSIBLE).casefold() == name,
            "asset": any(asset.startswith(name) for asset in seen.assets),
        }.get(self.scope, True)

    def names(self, findings: Iterable[Finding]) -> str:
        """What could have been named instead."""
        named = {"zone": lambda f: f.seen.zone, "kind": lambda f: f.seen.asset_kind.removeprefix(POSSIBLE)}.get(self.scope)
        found = sorted({named(finding) for finding in findings} - {""}) if named else []
        return f"there is {', '.join(found[:_NAMED])}" if found else "`asepsis findings list` shows what is"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Lines that would go, lines that would become less urgent (as they are, as they would be), and how many would stay as they are."""

    gone: list[Line]
    lower: list[tuple[Line, Line]]
    same: int


def parse(text: str) -> WhatIf:
    """`zone:radiology no internet`. Raises WrongUse."""
    remedy = next((c for c in Remedy if text.casefold().rstrip().endswith(f" {c}")), None)
    where = text.strip()[: -len(remedy)].strip() if remedy else ""
    scope, _, name = where.partition(":")
    if remedy and where == "all":
        return WhatIf("all", "", remedy)
    if not remedy or scope not in _SCOPES or not name.strip():
        raise WrongUse("not understood", text, USE)
    return WhatIf(scope, name.strip(), remedy)


def outcome(findings: Iterable[Finding], ifs: Iterable[WhatIf]) -> Outcome:
    """What becomes of the worklist, none of whose lines is folded here."""
    findings, ifs = list(findings), list(ifs)
    before, after = (worklist(found, len(findings) + 2) for found in (findings, [f for f in (_changed(f, ifs) for f in findings) if f]))
    left = {_key(line): line for line in after}
    pairs = [(line, left[_key(line)]) for line in before if _key(line) in left]
    lower = [(was, now) for was, now in pairs if (now.decision.rank, now.impact.rank) < (was.decision.rank, was.impact.rank)]
    return Outcome([line for line in before if _key(line) not in left], lower, len(pairs) - len(lower))


def _changed(finding: Finding, ifs: list[WhatIf]) -> Finding | None:
    """The finding as it would be, or nothing if it would be gone. An alert is an attack that is under way: nothing takes it back."""
    for what in ifs:
        if finding.seen.kind is Kind.ALERT or not what.concerns(finding):
            continue
        if what.remedy in finding.seen.ends:
            return None
        points = finding.seen.points
        exposure = _LEFT.get(what.remedy, {}).get(points.exposure, points.exposure)
        seen = replace(finding.seen, points=replace(points, exposure=exposure))
        decision, impact = judge(seen)
        finding = replace(finding, seen=seen, decision=decision, impact=impact)
    return finding


def _key(line: Line) -> tuple[str, str, str]:
    return place(line.lead)
