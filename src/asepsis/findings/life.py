"""The life of a finding, as steps from value to value; a step that changes nothing returns the finding it was given.

Opens once; is updated; opens again when seen again after closing; is accepted only by a person, for a reason, to a date. A posture or
vulnerability closes only on contrary evidence, or when the very rows that spoke for it are known to be no fault; silence makes it stale. An
alert is closed by a person and never stale.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from asepsis.kit.errors import WrongUse
from asepsis.kit.free_text import free_text

from .decision import judge
from .finding import EVENTS_MAX, Acceptance, Change, Cleared, Finding, Kind, Proposal, State

SENSOR = "sensor"
# Longer than any weekly routine and a week of holidays, so that silence says something.
STALE_AFTER = timedelta(days=14)
ACCEPT_AT_MOST = timedelta(days=366)
REASON_MOST = 1_000


def opened(proposal: Proposal, now: datetime | None = None, name: str = "") -> Finding:
    """The finding that a proposal opens at time `now` on the wire. `name` is its id, where its identity is another's id already."""
    decision, impact = judge(proposal)
    change = Change(now or proposal.last_seen, "opened", SENSOR)
    return Finding(name or proposal.id, _cited(proposal), decision, impact, history=(change,))


def seen_again(finding: Finding, proposal: Proposal, contrary: Cleared | None = None, now: datetime | None = None) -> Finding:
    """The finding after it was proposed again; `contrary` is the evidence against it that the check has as well.

    A check looks at the whole lake, so what it says of a posture or vulnerability now takes the place of what it said before: of two
    patients one may have been found to be another device's. What alerts say adds up.
    """
    seen = _added(finding.seen, proposal) if finding.seen.kind is Kind.ALERT else _cited(proposal)
    decision, impact = judge(seen)
    after = replace(finding, seen=seen, decision=decision, impact=impact)
    why = _why_reopened(finding, after, contrary)
    if not why:
        return after
    settled = None if finding.state is State.CLOSED else finding.settled
    return _turn(after, State.OPEN, Change(now or proposal.last_seen, "reopened", SENSOR, why), settled)


def added_to(known: Proposal, new: Proposal) -> Proposal:
    """What is said of a fault of which rows have expired that once said more: the graver of then and now, for as many patients."""
    then, now = ([ranked.rank for ranked in judge(proposal)] for proposal in (known, new))
    return replace(
        known if then > now else new,
        first_seen=min(known.first_seen, new.first_seen),
        last_seen=max(known.last_seen, new.last_seen),
        patients=max(known.patients, new.patients),
    )


def _why_reopened(before: Finding, after: Finding, contrary: Cleared | None) -> str:
    """Why what is seen now calls for work again, or nothing if it does not."""
    last, settled = after.seen.last_seen, before.settled
    if before.state is State.STALE and last > before.seen.last_seen:
        return "seen again after silence"
    if before.acceptance is not None and after.decision.rank > before.acceptance.decision.rank:
        return f"accepted as {before.acceptance.decision}, now {after.decision}"
    if before.state is not State.CLOSED or (contrary is not None and contrary.ts > last):
        return ""
    if settled is None:
        return "what excused it no longer holds"
    if last > settled:
        return "seen again"
    # The rows that closed it are kept, and the check looked at them again.
    return "" if before.seen.kind is Kind.ALERT else "what spoke for its closing no longer does"


def cleared(finding: Finding, contrary: Cleared) -> Finding:
    """The finding after its subject was seen without the fault, if that is later than the fault and than a person's reopening."""
    if finding.seen.kind is Kind.ALERT or contrary.ts <= finding.seen.last_seen:
        return finding
    # Rows that a finding cites outlive the lake's expiry: those that close it must, or it would open again without them.
    proven = replace(finding, seen=replace(finding.seen, events=_union(contrary.events, finding.seen.events)))
    if finding.state is State.CLOSED:
        return proven
    if finding.settled is not None and contrary.ts <= finding.settled:
        return finding
    # Fault and contrary may both be behind when it opens.
    at = max(contrary.ts, finding.history[-1].at)
    return _turn(proven, State.CLOSED, Change(at, "closed", SENSOR, contrary.why), contrary.ts)


def carried(finding: Finding, to: Proposal, now: datetime) -> Finding:
    """The finding after the rows that speak for it turned out to be another subject's: the same finding, its acceptance too."""
    turn = Change(now, "carried", SENSOR, f"attributed to {to.subject} now, before to {finding.seen.subject}")
    seen = replace(finding.seen, subject=to.subject, discriminator=to.discriminator)
    return replace(finding, seen=seen, history=(*finding.history, turn))


def set_aside(finding: Finding, why: str, now: datetime) -> Finding:
    """Closed because the rows that spoke for it do not any more: a statement of the hospital, or what is known now, explains them.

    It opens as soon as it is proposed again. What a person has reopened stays open: that person knew.
    """
    if finding.state is State.CLOSED:
        return replace(finding, settled=None)
    return finding if finding.settled is not None else _turn(finding, State.CLOSED, Change(now, "closed", SENSOR, why), None)


def handed_over(finding: Finding, to: str, now: datetime) -> Finding:
    """Closed because the rows that spoke for it count for other findings, which are open themselves."""
    if finding.state is State.CLOSED:
        return replace(finding, settled=None)
    return _turn(finding, State.CLOSED, Change(now, "handed over", SENSOR, f"attributed to {to} now"), None)


def grown_silent(finding: Finding, now: datetime) -> Finding:
    """The finding at time `now` on the wire: stale after a long silence. What was there before it was opened has not been waited for."""
    waited = now - max(finding.seen.last_seen, finding.history[-1].at)
    if finding.state is not State.OPEN or finding.seen.kind is Kind.ALERT or waited <= STALE_AFTER:
        return finding
    change = Change(now, "stale", SENSOR, f"not seen for {STALE_AFTER.days} days; that does not mean it is gone")
    return _turn(finding, State.STALE, change, finding.settled)


def expired(finding: Finding, now: datetime) -> Finding:
    """The finding at `now`: an acceptance ends by itself when its last day is over."""
    if finding.acceptance is None or now.date() <= finding.acceptance.until:
        return finding
    return _turn(finding, State.OPEN, Change(now, "reopened", SENSOR, f"accepted until {finding.acceptance.until}"), finding.settled)


def accepted(finding: Finding, person: str, reason: str, until: date, now: datetime) -> Finding:
    """A person lives with it. Raises WrongUse without a reason, or if the end is past or more than a year away, or it is closed."""
    if finding.state is State.CLOSED:
        raise WrongUse("the finding is closed", finding.id, "there is nothing to accept")
    reason = _reason(reason, finding.id, "say with --reason why the hospital can live with it")
    if not now.date() <= until <= (now + ACCEPT_AT_MOST).date():
        raise WrongUse(f"cannot accept until {until}", finding.id, "name a day from today to a year from now")
    change = Change(now, "accepted", person, f"until {until}: {reason}")
    acceptance = Acceptance(person, reason, until, finding.decision)
    return replace(_turn(finding, State.ACCEPTED, change, finding.settled), acceptance=acceptance)


def reopened(finding: Finding, person: str, now: datetime) -> Finding:
    """A person takes back an acceptance or a closing; after the latter only what is seen later can close it. WrongUse if it is open."""
    if finding.state is State.OPEN:
        raise WrongUse("the finding is open", finding.id, "there is nothing to reopen")
    settled = max(finding.settled or now, now) if finding.state is State.CLOSED else finding.settled
    return _turn(finding, State.OPEN, Change(now, "reopened", person), settled)


def closed_by(finding: Finding, person: str, reason: str, now: datetime) -> Finding:
    """A person has dealt with an alert. Raises WrongUse for the other kinds, which only evidence closes."""
    if finding.seen.kind is not Kind.ALERT:
        raise WrongUse(f"a {finding.seen.kind} finding closes when the evidence says so", finding.id, "mend it, or accept it to a date")
    if finding.state is State.CLOSED:
        raise WrongUse("closed already", finding.id)
    reason = _reason(reason, finding.id, "say with --reason what was done")
    return _turn(finding, State.CLOSED, Change(now, "closed", person, reason), finding.seen.last_seen)


def _reason(words: str, id: str, todo: str) -> str:
    if not words.strip():
        raise WrongUse("no reason", id, todo)
    try:
        return free_text(words, REASON_MOST)
    except ValueError as error:
        raise WrongUse(f"the reason {error}", id) from None


def _turn(finding: Finding, state: State, change: Change, settled: datetime | None) -> Finding:
    return replace(finding, state=state, acceptance=None, settled=settled, history=(*finding.history, change))


def _cited(proposal: Proposal) -> Proposal:
    return replace(proposal, events=_union((), proposal.events))


def _added(known: Proposal, new: Proposal) -> Proposal:
    """What was seen so far and now: the newer says what, the times are those of both."""
    return replace(
        new if new.last_seen >= known.last_seen else known,
        first_seen=min(known.first_seen, new.first_seen),
        last_seen=max(known.last_seen, new.last_seen),
        events=_union(known.events, new.events),
    )


def _union(known: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *new)))[:EVENTS_MAX]
