"""The life of a finding, as steps from value to value; a step that changes nothing returns the finding it was given.

Opens once; is updated; opens again when seen again after closing; is accepted only by a person, for a reason, to a date. A posture or
vulnerability closes only on contrary evidence, silence makes it stale; an alert is closed by a person and never stale.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from asepsis.kit.errors import WrongUse

from .decision import judge
from .finding import EVENTS_MAX, Acceptance, Change, Cleared, Finding, Kind, Proposal, State

SENSOR = "sensor"
# Longer than any weekly routine and a week of holidays, so that silence says something.
STALE_AFTER = timedelta(days=14)
ACCEPT_AT_MOST = timedelta(days=366)


def opened(proposal: Proposal) -> Finding:
    """The finding that a proposal opens."""
    decision, impact = judge(proposal)
    seen = replace(proposal, events=_union((), proposal.events))
    return Finding(proposal.id, seen, decision, impact, history=(Change(proposal.last_seen, "opened", SENSOR),))


def seen_again(finding: Finding, proposal: Proposal) -> Finding:
    """The finding after a check proposed it again."""
    decision, impact = judge(proposal)
    newer = proposal if proposal.last_seen >= finding.seen.last_seen else finding.seen
    seen = replace(
        newer,
        first_seen=min(finding.seen.first_seen, proposal.first_seen),
        last_seen=max(finding.seen.last_seen, proposal.last_seen),
        events=_union(finding.seen.events, proposal.events),
    )
    now = replace(finding, seen=seen, decision=decision, impact=impact) if newer is proposal else replace(finding, seen=seen)
    if finding.state is State.CLOSED and finding.settled is not None and proposal.last_seen > finding.settled:
        return _turn(now, State.OPEN, Change(proposal.last_seen, "reopened", SENSOR, "seen again"))
    if finding.state is State.STALE and proposal.last_seen > finding.seen.last_seen:
        return _turn(now, State.OPEN, Change(proposal.last_seen, "reopened", SENSOR, "seen again after silence"))
    if finding.acceptance is not None and now.decision.rank > finding.acceptance.decision.rank:
        why = f"accepted as {finding.acceptance.decision}, now {now.decision}"
        return _turn(now, State.OPEN, Change(proposal.last_seen, "reopened", SENSOR, why))
    return now


def cleared(finding: Finding, contrary: Cleared) -> Finding:
    """The finding after its subject was seen without the fault, if that is later than the fault."""
    if finding.seen.kind is Kind.ALERT or finding.state is State.CLOSED or contrary.ts <= finding.seen.last_seen:
        return finding
    closed = replace(finding, settled=contrary.ts)
    return _turn(closed, State.CLOSED, Change(contrary.ts, "closed", SENSOR, contrary.why))


def grown_silent(finding: Finding, now: datetime) -> Finding:
    """The finding at time `now` on the wire: stale after a long silence."""
    silent = now - finding.seen.last_seen > STALE_AFTER
    if finding.state is not State.OPEN or finding.seen.kind is Kind.ALERT or not silent:
        return finding
    return _turn(finding, State.STALE, Change(now, "stale", SENSOR, f"not seen for {STALE_AFTER.days} days; that does not mean it is gone"))


def expired(finding: Finding, now: datetime) -> Finding:
    """The finding at `now`: an acceptance ends by itself when its last day is over."""
    if finding.acceptance is None or now.date() <= finding.acceptance.until:
        return finding
    return _turn(finding, State.OPEN, Change(now, "reopened", SENSOR, f"accepted until {finding.acceptance.until}"))


def accepted(finding: Finding, person: str, reason: str, until: date, now: datetime) -> Finding:
    """A person lives with it. Raises WrongUse without a reason, or if the end is past or more than a year away, or it is closed."""
    reason = " ".join(reason.split())
    if finding.state is State.CLOSED:
        raise WrongUse("the finding is closed", finding.id, "there is nothing to accept")
    if not reason:
        raise WrongUse("no reason", finding.id, "say with --reason why the hospital can live with it")
    if not now.date() <= until <= (now + ACCEPT_AT_MOST).date():
        raise WrongUse(f"cannot accept until {until}", finding.id, "name a day from today to a year from now")
    change = Change(now, "accepted", person, f"until {until}: {reason}")
    return replace(_turn(finding, State.ACCEPTED, change), acceptance=Acceptance(person, reason, until, finding.decision))


def reopened(finding: Finding, person: str, now: datetime) -> Finding:
    """A person takes back an acceptance or a closing. Raises WrongUse if it is open."""
    if finding.state is State.OPEN:
        raise WrongUse("the finding is open", finding.id, "there is nothing to reopen")
    return _turn(finding, State.OPEN, Change(now, "reopened", person))


def closed_by(finding: Finding, person: str, reason: str, now: datetime) -> Finding:
    """A person has dealt with an alert. Raises WrongUse for the other kinds, which only evidence closes."""
    reason = " ".join(reason.split())
    if finding.seen.kind is not Kind.ALERT:
        raise WrongUse(f"a {finding.seen.kind} finding closes when the evidence says so", finding.id, "mend it, or accept it to a date")
    if finding.state is State.CLOSED or not reason:
        raise WrongUse("closed already" if reason else "no reason", finding.id, "" if reason else "say with --reason what was done")
    done = replace(finding, settled=finding.seen.last_seen)
    return _turn(done, State.CLOSED, Change(now, "closed", person, reason))


def _turn(finding: Finding, state: State, change: Change) -> Finding:
    settled = finding.settled if state is State.CLOSED else None
    return replace(finding, state=state, acceptance=None, settled=settled, history=(*finding.history, change))


def _union(known: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *new)))[:EVENTS_MAX]
