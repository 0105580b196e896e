"""What a run of the checks makes of the findings that are known: nothing is found twice, and nothing stays that no rows speak for.

Checks look at the whole lake, and what is known of it grows: an address turns out to be a machine with a MAC address, one machine to be an
adapter before three, an address outside to be a partner's. Then the rows that spoke for a finding are proposed for another subject, or for
none. Such a finding is *lost*. Its rows are traced: the checks say for which subject they count now, or why they do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from . import life
from .finding import Cleared, Finding, Kind, Proposal, State, identity

JUDGED_ANEW = "looked at again with what is known now, the same traffic does not show it"
# Who decides first, where several findings turn out to be one: what calls for work must not vanish into what was accepted or closed.
_FIRST = (State.OPEN, State.STALE, State.ACCEPTED, State.CLOSED)

Row = tuple[str, str]
"""A check's id and an event's: one event can speak for several checks."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What became of the rows of lost findings. `present` are those that the lake still has: of the others nothing can be said.

    `holders` are identities of what is proposed for a row now; `excuses` why a check leaves a row out of account.
    """

    present: frozenset[Row] = frozenset()
    holders: Mapping[Row, frozenset[str]] = field(default_factory=dict)
    excuses: Mapping[Row, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """What the checks saw, up to the time `now` on the wire. `unread` are identities that are proposed as they were and need not be looked
    at again, `taken` the ids that findings have besides those that are. What the lake showed before `whole_since` may have expired."""

    proposals: tuple[Proposal, ...]
    cleared: tuple[Cleared, ...]
    traced: Traced
    now: datetime
    unread: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    whole_since: datetime | None = None

    def remembers(self, finding: Finding) -> bool:
        """Whether the lake still has all that it had when the finding's fault was first seen."""
        return self.whole_since is None or finding.seen.first_seen >= self.whole_since


def lost(known: Iterable[Finding], proposals: Iterable[Proposal]) -> list[Finding]:
    """The findings of the checks' sort that are not proposed any more. What was closed for want of rows is done with."""
    proposed = {proposal.id for proposal in proposals}
    return [f for f in known if f.seen.kind is not Kind.ALERT and f.seen.id not in proposed and not _done(f)]


def review(known: Iterable[Finding], run: Run) -> list[Finding]:
    """The findings after a run."""
    after = _settled(list(known), run)
    holder = {finding.seen.id: finding for finding in after}
    taken = {finding.id for finding in after} | run.taken
    contrary = {c.id: c for c in sorted(run.cleared, key=lambda c: c.ts)}
    for proposal in run.proposals:
        if proposal.id in run.unread:
            continue
        key, before = proposal.id, holder.get(proposal.id)
        if before:
            said = proposal if run.remembers(before) else life.added_to(before.seen, proposal)
            holder[key] = life.seen_again(before, said, contrary.get(key), run.now)
        else:
            holder[key] = life.opened(proposal, run.now, _name(proposal, taken))
            taken.add(holder[key].id)
    for key, evidence in contrary.items():
        if key in holder:
            holder[key] = life.cleared(holder[key], evidence)
    return [life.grown_silent(finding, run.now) for finding in holder.values()]


def _settled(known: list[Finding], run: Run) -> list[Finding]:
    """The findings, those lost whose rows were all found again carried over, handed over or set aside."""
    proposals = {proposal.id: proposal for proposal in run.proposals}
    held = {finding.seen.id for finding in known} | run.unread
    after = {finding.id: finding for finding in known}
    heirs: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in lost(known, run.proposals):
        if not finding.seen.events or not run.traced.present.issuperset((finding.seen.check, event) for event in finding.seen.events):
            continue
        now_for = _now_for(finding, run.traced, proposals)
        if len(now_for) == 1 and now_for[0].id not in held:
            heirs[now_for[0].id].append(finding)
        elif not now_for and (why := _excuse(finding, run.traced)):
            after[finding.id] = life.set_aside(finding, why, run.now)
        elif run.remembers(finding):
            anew = life.handed_over(finding, _subjects(now_for), run.now) if now_for else life.set_aside(finding, JUDGED_ANEW, run.now)
            after[finding.id] = anew
    for key, candidates in heirs.items():
        first, *others = sorted(candidates, key=lambda f: (_FIRST.index(f.state), f.seen.first_seen, f.id))
        after[first.id] = life.carried(first, proposals[key], run.now)
        for other in filter(run.remembers, others):
            after[other.id] = life.handed_over(other, proposals[key].subject, run.now)
    return list(after.values())


def _now_for(finding: Finding, traced: Traced, proposals: Mapping[str, Proposal]) -> list[Proposal]:
    """What the finding's rows speak for now; of one check's several faults the same one, if it is there."""
    keys = {key for event in finding.seen.events for key in traced.holders.get((finding.seen.check, event), ())}
    found = [proposals[key] for key in sorted(keys) if key in proposals]
    return [p for p in found if p.discriminator == finding.seen.discriminator] or found


def _subjects(proposals: Iterable[Proposal]) -> str:
    names = sorted({proposal.subject for proposal in proposals})
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _excuse(finding: Finding, traced: Traced) -> str:
    whys = dict.fromkeys(traced.excuses.get((finding.seen.check, event), "") for event in finding.seen.events)
    return "; ".join(why for why in whys if why)


def _done(finding: Finding) -> bool:
    return finding.state is State.CLOSED and finding.settled is None


def _name(proposal: Proposal, taken: set[str]) -> str:
    """An id for a finding that opens: its identity, unless a finding that was carried elsewhere has taken that with it."""
    name, n = proposal.id, 1
    while name in taken:
        name, n = identity(proposal.check, proposal.subject, f"{proposal.discriminator} {n}"), n + 1
    return name
