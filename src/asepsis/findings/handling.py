"""What people do to findings: accept, reopen, close, assign, say something; one, or all that they see together.

All of it happens, or nothing. Each is journalled under who does it. Reasons and comments stay in the store, where
the words of a comment can be taken out, and never come into the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from asepsis.journal.service import record
from asepsis.journal.service import who as who_acts
from asepsis.kit.errors import WrongUse
from asepsis.kit.free_text import free_text
from asepsis.kit.site import Site
from asepsis.settings import open_store, settle, transaction

from . import life, store
from .finding import Finding, State
from .listing import ALL_LINES, AT_ONCE, LinesAsked
from .remark import Remark, Sort

Step = Callable[[Finding, str, datetime], Finding]
COMMENT_MOST = 4_000
NAMED_MAX = 100
"""Ids that one entry of the journal names; the store has them all."""


def show(site: Site, finding_id: str) -> Finding:
    """One finding, by its id or the beginning of it. Raises WrongUse if there is none or more than one."""
    open_store(site)
    return life.expired(store.find(finding_id), datetime.now(UTC))


def accept(site: Site, finding_id: str, reason: str, until: date) -> Finding:
    """Lives with a finding to the end of a day, for a reason."""
    return _act(site, finding_id, "findings.accept", {"until": until.isoformat()}, _accepting(reason, until))


def reopen(site: Site, finding_id: str) -> Finding:
    """Takes back an acceptance or a closing."""
    return _act(site, finding_id, "findings.reopen", {}, life.reopened)


def close(site: Site, finding_id: str, reason: str) -> Finding:
    """Closes an alert that a person has dealt with; a story with all that it tells of."""
    with transaction(site):
        closed = _act(site, finding_id, "findings.close", {}, lambda finding, who, now: life.closed_by(finding, who, reason, now))
        if parts := [finding for finding in store.parts(closed.id) if finding.state is not State.CLOSED]:
            turn = closed.history[-1]
            store.save([life.closed_by(finding, turn.who, reason, turn.at) for finding in parts], {f.id: f for f in parts})
        return closed


def accept_all(site: Site, ids: Collection[str], reason: str, until: date) -> datetime:
    """Accepts these findings together; when, by which `take_back` knows them again. Raises WrongUse where one cannot be, and none is."""
    return _act_on_all(site, ids, "findings.accept", {"until": until.isoformat()}, _accepting(reason, until))


def take_back(site: Site, at: datetime) -> int:
    """Opens again what was accepted together at that time, by whoever takes it back, and has not turned since; how many."""
    with transaction(site):
        accepted = store.accepted_at(at)
        who = accepted[0].acceptance.person if accepted and accepted[0].acceptance else ""
        now = datetime.now(UTC)
        if not accepted:
            raise WrongUse("there is nothing to take back", todo="what was accepted has turned since")
        if who_acts() != who:
            raise WrongUse("somebody else accepted these", who, "open them again one by one")
        entry = record(site, "findings.reopen", _named(accepted), _counted(accepted))
        store.save([life.reopened(finding, entry.who, now) for finding in accepted], {finding.id: finding for finding in accepted})
    return len(accepted)


def assign(site: Site, ids: Collection[str], to: str) -> None:
    """Gives the work on these findings to somebody; to nobody where `to` is empty. Raises WrongUse for what is no name."""
    try:
        to = free_text(to, 150) if to.strip() else ""
    except ValueError as error:
        raise WrongUse(f"the name {error}") from None
    with transaction(site):
        found = _all(ids)
        entry = record(site, "findings.assign", _named(found), _counted(found) | {"to": to})
        store.assign([finding.id for finding in found], to)
        store.remark([finding.id for finding in found], Sort.ASSIGNED, entry.who, datetime.now(UTC), to)


def comment(site: Site, finding_id: str, text: str) -> None:
    """Says something beside a finding. Raises WrongUse for no words, or too many."""
    with transaction(site):
        finding = store.find(finding_id)
        words = _words(text, finding.id)
        entry = record(site, "findings.comment", finding.id, {})
        store.remark([finding.id], Sort.COMMENT, entry.who, datetime.now(UTC), words)


def redact(site: Site, n: int) -> str:
    """Takes the words out of a remark for good, for instance where a patient is named in them; the id of its finding."""
    with transaction(site):
        finding = store.redact(n)
        record(site, "findings.redact", finding, {"remark": n})
    settle(site)
    return finding


def remarks(site: Site, finding_id: str) -> list[Remark]:
    """What people said beside a finding, in order."""
    open_store(site)
    return store.remarks(finding_id)


def ids_in_lines(site: Site, told: Mapping[str, str], asked: LinesAsked = ALL_LINES) -> list[str]:
    """The findings of lines, which are told by the finding that leads each and how it looked (`Line.look`). Raises WrongUse where
    a line is not the same any more: nobody turns what he has not seen."""
    open_store(site)
    lines = {line.lead.id: line for line in store.lines(datetime.now(UTC), asked)}
    for lead, look in told.items():
        if lead not in lines or lines[lead].look != look:
            raise WrongUse("a line has changed meanwhile", lead, "look at it again")
    return store.ids_in({place for lead in told for place in lines[lead].places}, AT_ONCE + 1)


def _accepting(reason: str, until: date) -> Step:
    return lambda finding, who, now: life.accepted(finding, who, reason, until, now)


def _act(site: Site, finding_id: str, act: str, detail: dict[str, str], step: Step) -> Finding:
    """A person's act: refused before it is journalled, journalled before it is saved."""
    now = datetime.now(UTC)
    with transaction(site):
        before = store.find(finding_id)
        current = life.expired(before, now)
        # Who acts is the journal's to say; whether it may be done is asked first.
        step(current, "", now)
        entry = record(site, act, before.id, detail | {"decision": before.decision.value})
        after = step(current, entry.who, now)
        store.save([after], {before.id: before})
    return after


def _act_on_all(site: Site, ids: Collection[str], act: str, detail: dict[str, str], step: Step) -> datetime:
    now = datetime.now(UTC)
    with transaction(site):
        known = _all(ids)
        current = [life.expired(finding, now) for finding in known]
        for finding in current:
            step(finding, "", now)
        entry = record(site, act, _named(known), detail | _counted(known))
        store.save([step(finding, entry.who, now) for finding in current], {finding.id: finding for finding in known})
    return now


def _all(ids: Collection[str]) -> list[Finding]:
    """Findings by their ids. Raises WrongUse where one is not there, or there are too many to be meant."""
    if not ids:
        raise WrongUse("nothing is chosen", todo="tick at least one")
    if len(ids) > AT_ONCE:
        raise WrongUse(f"{len(ids):,} findings are more than may be turned at once", todo=f"choose at most {AT_ONCE:,}")
    found = store.load(ids)
    if len(found) != len(set(ids)):
        raise WrongUse("some of these findings are there no more", todo="look at the list again")
    return found


def _named(found: Sequence[Finding]) -> str:
    return found[0].id if len(found) == 1 else f"{len(found)} findings"


def _counted(found: Sequence[Finding]) -> dict[str, object]:
    return {"count": len(found), "findings": sorted(finding.id for finding in found)[:NAMED_MAX]}


def _words(text: str, id: str) -> str:
    """The text, a line at a time: a comment may have paragraphs."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    try:
        said = "\n".join(free_text(line, COMMENT_MOST) if line else "" for line in lines).strip()
    except ValueError as error:
        raise WrongUse(f"the comment {error}", id) from None
    if not 0 < len(said) <= COMMENT_MOST:
        raise WrongUse(f"a comment has 1 to {COMMENT_MOST:,} characters", id)
    return said
