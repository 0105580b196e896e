"""A line of the worklist: what is wrong in one sort of way, on one kind of machine, in one part of the network, all told together.

A group adds up: two groups make one, so that a long list can be folded without looking at any finding again. A line is a group with the
finding that leads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from asepsis.hospital.service import counted_kind

from .explain import counted, rank_in_words
from .finding import STORY, Action, Effort, Finding, State
from .harm import Harm, HarmKind
from .ssvc import Decision, HumanImpact

# Members that a line names, the gravest first; the rest is counted.
MEMBERS_MAX = 50
# Members whose own action a line names, and faults that its title does.
STEPS_MAX = 8
OF_SEVERAL_SORTS = "Do for each what it asks for"

Place = tuple[str, str, str]
"""Check, zone and kind of asset."""
Rank = tuple[int, int, int, int, str]


@dataclass(frozen=True, slots=True)
class Member:
    """A finding in short."""

    id: str
    title: str
    decision: Decision
    impact: HumanImpact
    state: State
    patients: int
    effort: Effort
    last_seen: datetime

    @property
    def rank(self) -> Rank:
        return (-self.decision.rank, -self.impact.rank, -self.patients, self.effort.rank, self.id)


@dataclass(frozen=True, slots=True)
class Totals:
    """What is told of all members. `patients`: at least so many within reach, for members may share them; `faults` and `actions` are the
    first different ones, `actions_count` is how many there are; `harms` of each sort the worst."""

    count: int
    devices: int
    patients: int
    effort: Effort
    first_seen: datetime
    last_seen: datetime
    faults: tuple[str, ...]
    actions: tuple[str, ...]
    actions_count: int
    harms: Mapping[HarmKind, Harm]


@dataclass(frozen=True, slots=True)
class Group:
    """`members` are the gravest, in order, `places` what was gathered."""

    members: Sequence[Member]
    totals: Totals
    places: tuple[Place, ...]

    @property
    def rank(self) -> Rank:
        return self.members[0].rank


@dataclass(frozen=True, slots=True)
class Line:
    """`lead` is the first member of the group: it gives the line its rank."""

    lead: Finding
    group: Group

    @property
    def members(self) -> Sequence[Member]:
        return self.group.members

    @property
    def totals(self) -> Totals:
        return self.group.totals

    @property
    def places(self) -> tuple[Place, ...]:
        return self.group.places

    @property
    def rank(self) -> Rank:
        return self.group.rank

    @property
    def look(self) -> str:
        """What somebody who looks at the line sees of it: another where it has other members, or graver ones."""
        seen = [f"{self.count}", *(f"{member.id} {member.decision} {member.state}" for member in self.members)]
        return hashlib.blake2b("\n".join(seen).encode(), digest_size=8).hexdigest()

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
    def count(self) -> int:
        return self.totals.count

    @property
    def effort(self) -> Effort:
        """The longest work among the members."""
        return self.totals.effort

    @property
    def patients(self) -> int:
        return self.totals.patients

    @property
    def harms(self) -> Mapping[HarmKind, Harm]:
        return self.totals.harms

    @property
    def action(self) -> Action:
        """What mends all of it; of several members each one's own action is a step."""
        action, totals = self.lead.seen.action, self.totals
        if totals.count == 1:
            return action
        more = (f"... and {totals.actions_count - STEPS_MAX} more.",) if totals.actions_count > STEPS_MAX else ()
        one_sort = len({check for check, _, _ in self.places}) == 1
        return Action(
            (action.for_many or action.title) if one_sort else OF_SEVERAL_SORTS, self.effort, (*totals.actions[:STEPS_MAX], *more)
        )

    @property
    def title(self) -> str:
        """What is wrong, on how many of what, where, and how many patients it concerns."""
        totals, lead = self.totals, self.lead.seen
        if totals.count == 1:
            return lead.title
        if len({check for check, _, _ in self.places}) > 1:
            return f"{counted(totals.count, 'smaller thing')} of several sorts"
        fault = "; ".join((lead.fault, *(other[:1].lower() + other[1:] for other in totals.faults if other != lead.fault)))
        zones, kinds = {zone for _, zone, _ in self.places}, {kind for _, _, kind in self.places}
        number = counted_kind(totals.devices, kinds.pop() if len(kinds) == 1 else "")
        where = f" in {zones.pop()}" if len(zones) == 1 and "" not in zones else ""
        several = f" ({counted(totals.count, 'fault')})" if totals.count != totals.devices else ""
        reach = f", at least {counted(totals.patients, 'patient')}" if totals.patients else ""
        return f"{fault}: {number}{where}{several}{reach}"


def packed(finding: Finding) -> int:
    """The rank of a finding, but its id, in one number of 63 bits: what a store can sort by."""
    decision, impact, patients, effort, _ = order(finding)
    return ((_HIGHEST + decision) << _DECISION) | ((_HIGHEST + impact) << _IMPACT) | ((_CROWD + patients) << _PATIENTS) | effort


def packed_of(decision: Decision) -> tuple[int, int]:
    """Between which ranks the findings of a decision are: from the first up to, and without, the second."""
    return (_HIGHEST - decision.rank) << _DECISION, (_HIGHEST - decision.rank + 1) << _DECISION


_DECISION, _IMPACT, _PATIENTS = 58, 52, 8
_HIGHEST, _CROWD = 8, 1 << 40
"""More than any rank, and than any number of patients: what sorts first has the largest, and is taken away."""


def order(finding: Finding) -> Rank:
    """What hurts patients first sorts first: decision, human impact, patients within reach, the shorter work; the id makes it total."""
    seen = finding.seen
    return (-finding.decision.rank, -finding.impact.rank, -seen.patients, seen.action.effort.rank, finding.id)


def place(finding: Finding) -> Place:
    """What a finding is gathered by; a story stands for itself."""
    seen = finding.seen
    return place_of(seen.check, seen.subject, seen.zone, seen.asset_kind)


def place_of(check: str, subject: str, zone: str, kind: str) -> Place:
    """The same by what the store has in columns."""
    return (STORY, subject, "") if check == STORY else (check, zone, kind)


def member(finding: Finding) -> Member:
    """The finding in short."""
    seen = finding.seen
    return Member(
        finding.id, seen.title, finding.decision, finding.impact, finding.state, seen.patients, seen.action.effort, seen.last_seen
    )


def line_of(findings: Sequence[Finding]) -> Line:
    """The line of findings in order, one or more."""
    return Line(findings[0], group_of(findings))


def group_of(findings: Sequence[Finding]) -> Group:
    """What findings in order, one or more, add up to."""
    actions = list(dict.fromkeys(f.seen.action.title for f in findings))
    totals = Totals(
        count=len(findings),
        devices=len({f.seen.device for f in findings}),
        patients=max(f.seen.patients for f in findings),
        effort=max((f.seen.action.effort for f in findings), key=lambda effort: effort.rank),
        first_seen=min(f.seen.first_seen for f in findings),
        last_seen=max(f.seen.last_seen for f in findings),
        faults=tuple(dict.fromkeys(f.seen.fault for f in findings))[:STEPS_MAX],
        actions=tuple(actions[:STEPS_MAX]),
        actions_count=len(actions),
        harms=worst_of(f.seen.harms for f in findings),
    )
    places = tuple(sorted({place(f) for f in findings}))
    return Group(tuple(map(member, findings[:MEMBERS_MAX])), totals, places)


def added(groups: Iterable[Group]) -> Group:
    """Several groups, of different machines or faults, as one."""
    groups = sorted(groups, key=lambda group: group.rank)
    all_of = [group.totals for group in groups]
    totals = Totals(
        count=sum(t.count for t in all_of),
        devices=sum(t.devices for t in all_of),
        patients=max(t.patients for t in all_of),
        effort=max((t.effort for t in all_of), key=lambda effort: effort.rank),
        first_seen=min(t.first_seen for t in all_of),
        last_seen=max(t.last_seen for t in all_of),
        faults=tuple(dict.fromkeys(fault for t in all_of for fault in t.faults))[:STEPS_MAX],
        actions=tuple(dict.fromkeys(action for t in all_of for action in t.actions))[:STEPS_MAX],
        actions_count=sum(t.actions_count for t in all_of),
        harms=worst_of(t.harms for t in all_of),
    )
    members = tuple(islice(merge(*(group.members for group in groups), key=lambda member: member.rank), MEMBERS_MAX))
    return Group(members, totals, tuple(sorted({place for group in groups for place in group.places})))


def worst_of(harms: Iterable[Mapping[HarmKind, Harm]]) -> dict[HarmKind, Harm]:
    """Of each sort of harm the worst; of equals the first."""
    worst: dict[HarmKind, Harm] = {}
    for one in harms:
        for kind, harm in one.items():
            if kind not in worst or harm.level > worst[kind].level:
                worst[kind] = harm
    return {kind: worst[kind] for kind in HarmKind if kind in worst}
