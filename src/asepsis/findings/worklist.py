"""The one list of what to do, in the order of what hurts patients first.

A line is a check, a zone and a kind of asset, and unfolds to its members: a first look at thousands of devices is still a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from asepsis.hospital.service import counted_kind

from .explain import counted, rank_in_words
from .finding import Action, Effort, Finding, State
from .harm import Harm, HarmKind
from .ssvc import Decision, HumanImpact

LINES_MAX = 40
# Members whose own action a line names.
STEPS_MAX = 8
OF_SEVERAL_SORTS = "Do for each what it asks for"
# What still calls for work: silence is no proof that a fault is gone.
_ON_THE_LIST = (State.OPEN, State.STALE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its members in order, the first of which gives the line its rank."""

    title: str
    members: tuple[Finding, ...]

    @property
    def lead(self) -> Finding:
        return self.members[0]

    @property
    def decision(self) -> Decision:
        return self.lead.decision

    @property
    def impact(self) -> HumanImpact:
        return self.lead.impact

    @property
    def why(self) -> str:
        return rank_in_words(self.lead)

    @property
    def action(self) -> Action:
        """What mends all of it; of several members each one's own action is a step."""
        if len(self.members) == 1:
            return self.lead.seen.action
        own = list(dict.fromkeys(member.seen.action.title for member in self.members))
        more = (f"... and {len(own) - STEPS_MAX} more.",) if len(own) > STEPS_MAX else ()
        checks = {member.seen.check for member in self.members}
        title = (self.lead.seen.action.for_many or self.lead.seen.action.title) if len(checks) == 1 else OF_SEVERAL_SORTS
        return Action(title, self.effort, (*own[:STEPS_MAX], *more))

    @property
    def effort(self) -> Effort:
        """The longest work among the members."""
        return max((member.seen.action.effort for member in self.members), key=lambda effort: effort.rank)

    @property
    def patients(self) -> int:
        """At least so many within reach: members may share patients, so they are not added up."""
        return max(member.seen.patients for member in self.members)

    @property
    def harms(self) -> dict[HarmKind, Harm]:
        """Of each harm, the worst of the members."""
        worst: dict[HarmKind, Harm] = {}
        for member in self.members:
            for kind, harm in member.seen.harms.items():
                if kind not in worst or harm.level > worst[kind].level:
                    worst[kind] = harm
        return {kind: worst[kind] for kind in HarmKind if kind in worst}

    @property
    def first_seen(self) -> datetime:
        return min(member.seen.first_seen for member in self.members)

    @property
    def last_seen(self) -> datetime:
        return max(member.seen.last_seen for member in self.members)


def order(finding: Finding) -> tuple[int, int, int, int, str]:
    """What hurts patients first sorts first: decision, human impact, patients within reach, the shorter work; the id makes it total."""
    seen = finding.seen
    return (-finding.decision.rank, -finding.impact.rank, -seen.patients, seen.action.effort.rank, finding.id)


def worklist(findings: Iterable[Finding], limit: int = LINES_MAX) -> list[Line]:
    """The lines, at most `limit` (2 or more): if there are more, the lower half of the list is folded until it fits, never the top."""
    members = sorted((finding for finding in findings if finding.state in _ON_THE_LIST), key=order)
    lines = _grouped(members, lambda finding: (finding.seen.check, finding.seen.zone, finding.seen.asset_kind))
    coarser: tuple[Callable[[Finding], Hashable], ...] = (
        lambda finding: (finding.seen.check, finding.seen.asset_kind),
        lambda finding: finding.seen.check,
        lambda _: None,
    )
    top = limit // 2
    for key in coarser:
        if len(lines) <= limit:
            break
        tail = sorted((member for line in lines[top:] for member in line.members), key=order)
        lines = lines[:top] + _grouped(tail, key)
    return lines


def _grouped(members: Iterable[Finding], key: Callable[[Finding], Hashable]) -> list[Line]:
    """Ordered findings as lines, ordered by their leads."""
    groups: defaultdict[Hashable, list[Finding]] = defaultdict(list)
    for member in members:
        groups[key(member)].append(member)
    return [Line(_title(group), tuple(group)) for group in groups.values()]


def _title(members: list[Finding]) -> str:
    """What is wrong, on how many of what, where, and how many patients it concerns."""
    lead = members[0].seen
    if len(members) == 1:
        return lead.title
    if len({member.seen.check for member in members}) > 1:
        return f"{counted(len(members), 'smaller thing')} of several sorts"
    faults = dict.fromkeys(member.seen.fault for member in members)
    fault = "; ".join((lead.fault, *(other[:1].lower() + other[1:] for other in faults if other != lead.fault)))
    kinds, zones = ({getattr(member.seen, name) for member in members} for name in ("asset_kind", "zone"))
    devices = len({member.seen.device for member in members})
    number = counted_kind(devices, kinds.pop() if len(kinds) == 1 else "")
    where = f" in {zones.pop()}" if len(zones) == 1 and "" not in zones else ""
    several = f" ({counted(len(members), 'fault')})" if len(members) != devices else ""
    patients = max(member.seen.patients for member in members)
    reach = f", at least {counted(patients, 'patient')}" if patients else ""
    return f"{fault}: {number}{where}{several}{reach}"
