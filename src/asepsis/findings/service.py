"""The verbs of findings: what checks propose is remembered and ranked; people accept, reopen and close."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar

from asepsis.journal.service import record
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site
from asepsis.settings import has_store, open_store

from . import life, store
from .asking import Lake, Row, rows
from .busiest import busiest, quarter
from .check import Check, Examined, Scope, examine, glance
from .decision import judge
from .explain import counted, rank_in_words
from .finding import (
    STORY,
    Acceptance,
    Action,
    Change,
    Cleared,
    Effort,
    Excused,
    Finding,
    Kind,
    Points,
    Proposal,
    Remedy,
    State,
    Step,
    digest_of,
    identity,
)
from .form import finding_form, line_form, worklist_text
from .harm import SAFETY_OF, ClinicalClass, Harm, HarmKind, Judged, five, leaked, ordering_class, readable
from .line import Line, order, worst_of
from .look import Look
from .parties import Parties, Party, large, public, public_rows, public_sql
from .posture import Fault, cleared, faults, listed, named, nothing, opening, port, posture
from .review import Run, Traced, lost, review
from .sightings import Sight, Sighting, gather, mended
from .ssvc import Automatable, Decision, Exploitation, Exposure, HumanImpact
from .store import Brief
from .trace import trace
from .walls import INTO, entered
from .what_if import Outcome, outcome, parse
from .worklist import ON_THE_LIST
from .worklist import worklist as lines_of

if TYPE_CHECKING:
    from .models import FindingRow

__all__ = [
    "INTO", "SAFETY_OF", "STORY", "Acceptance", "Action", "Automatable", "Change", "Check", "Cleared", "ClinicalClass", "Decision",
    "Effort", "Examined", "Excused", "Exploitation", "Exposure", "Fault", "Finding", "Harm", "HarmKind", "HumanImpact", "Judged",
    "Kind", "Lake", "Line", "Look", "Outcome", "Parties", "Party", "Points", "Proposal", "Remedy", "Row", "Scope", "Sight", "Sighting",
    "State", "Step", "Traced", "accept", "add", "alerts", "busiest", "cited_rows", "cleared", "close", "count_of", "counted", "entered",
    "examine", "faults", "finding_form", "findings", "five", "gather", "glance", "hand_over", "identity", "if_", "judge",
    "known_checks", "large", "leaked", "line_form", "lines_of", "listed", "mended", "named", "nothing", "opening", "ordering_class",
    "port", "posture", "public", "public_rows", "public_sql", "publish", "quarter", "rank_in_words", "readable", "reopen", "rows",
    "show", "those", "trace", "worklist", "worklist_text", "worst_of",
]  # fmt: skip


Tracer = Callable[[Mapping[str, frozenset[str]]], Traced]


def publish(
    site: Site,
    proposals: Iterable[Proposal],
    cleared: Iterable[Cleared] = (),
    now: datetime | None = None,
    trace: Tracer | None = None,
    checks: Iterable[str] = (),
    whole_since: datetime | None = None,
) -> None:
    """Brings the findings up to date with what checks saw, in one transaction; the same again changes nothing.

    `now` is the time on the wire up to which the sensor has seen (default: the newest time handed in): silence is judged by it, so that a
    capture of last year does not make everything stale. `checks` are those that were looked at, also where they propose nothing (default:
    all that have findings). `trace` tells what became of rows, by check, that speak for findings which are not proposed any more.
    Rows of before `whole_since` may have expired: a fault that was seen then is not taken back because they are gone.
    """
    given, proofs = _by_check(proposals), _by_check(cleared)
    times = [p.last_seen for of in given.values() for p in of] + [c.ts for of in proofs.values() for c in of]
    wire = max([*([now] if now else []), *times], default=None)
    today = datetime.now(UTC)
    asked = {*given, *proofs, *(checks or known_checks(site))}
    with _transaction(site):
        over = store.ended(today.date())
        turned: list[tuple[Finding, int]] = []
        for check in sorted({*asked, *(check for _, check in over)}):
            run = None
            if wire and check in asked:
                run = Run(tuple(given.get(check, ())), tuple(proofs.get(check, ())), Traced(), wire, whole_since=whole_since)
            known, after, said = _reviewed(check, run, {id for id, of in over if of == check}, trace)
            changed = [f for f in (life.expired(f, today) for f in after) if known.get(f.id) != f or f.id in said]
            store.save(changed, known, said)
            turned += [(finding, len(known[finding.id].history) if finding.id in known else 0) for finding in changed]
        _journal_turns(site, turned, min(asked) if len(asked) == 1 else "findings")


def add(site: Site, proposals: Iterable[Proposal], now: datetime) -> None:
    """What new rows alone show, up to `now`, in one transaction: a finding that is not known opens, one that was closed on evidence or has
    been silent opens again. All else waits for a look at everything, for these rows are a part of what there is to say."""
    given = {proposal.id: proposal for proposal in proposals}
    with _transaction(site):
        known = store.faults(given)
        before = {f.id: f for f in store.over(given) if _returns(f, given[f.seen.id])}
        again = {f.seen.id for f in before.values()}
        wanted = [p for key, p in given.items() if key not in known or key in again]
        run = Run(tuple(wanted), (), Traced(), now, taken=store.taken(given))
        changed = [finding for finding in review(before.values(), run) if before.get(finding.id) != finding]
        store.save(changed, before)
        _journal_turns(site, [(f, len(before[f.id].history) if f.id in before else 0) for f in changed], "findings")


def _returns(finding: Finding, proposal: Proposal) -> bool:
    ended = finding.seen.last_seen if finding.state is State.STALE else finding.settled
    return ended is not None and proposal.last_seen > ended


def _reviewed(
    check: str, run: Run | None, over: Collection[str], trace: Tracer | None
) -> tuple[dict[str, Finding], list[Finding], dict[str, str]]:
    """The findings of a check that a run may turn, as they were and as they are; those that are seen again as before are not even read. And
    by id the digests of what is said of findings now, where they are not those that are kept."""
    if not run:
        known = {finding.id: finding for finding in store.load(set(over))}
        return known, list(known.values()), {}
    briefs, told = store.briefs(check), {proposal.id: digest_of(proposal) for proposal in run.proposals}
    anew = {id: told[key] for id, key, digest in briefs if told.get(key, digest) != digest}
    known = {finding.id: finding for finding in store.load(_to_read(check, briefs, run, told.keys()) | anew.keys() | set(over))}
    gone = lost(known.values(), run.proposals)
    traced = trace({check: frozenset(event for finding in gone for event in finding.seen.events)}) if trace and gone else Traced()
    unread = frozenset(brief.key for brief in briefs if brief.id not in known)
    after = review(known.values(), replace(run, traced=traced, unread=unread, taken=frozenset(brief.id for brief in briefs)))
    return known, after, anew


def _to_read(check: str, briefs: Iterable[Brief], run: Run, told: Collection[str]) -> set[str]:
    """The ids of findings that turn although they are `told` in the words that are kept, or because they are not told, or by a proof."""
    contrary, turning, resting = {proof.id for proof in run.cleared}, store.turning(check, run.now), store.resting(check)
    return {id for id, key, _ in briefs if key in contrary or (id in turning if key in told else id not in resting)}


Told = TypeVar("Told", Proposal, Cleared)


def _by_check(said: Iterable[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in said:
        found.setdefault(one.check, []).append(one)
    return found


def known_checks(site: Site) -> frozenset[str]:
    """The checks and rules that have findings, whatever became of them."""
    open_store(site)
    from .models import FindingRow

    return frozenset(FindingRow.objects.values_list("check_id", flat=True).distinct())


def cited_rows(site: Site) -> frozenset[str]:
    """The rows of the lake that findings cite, whatever became of them: they outlive the rest. Makes no store."""
    if not has_store(site):
        return frozenset()
    open_store(site)
    from .models import FindingRow

    return frozenset(event for events in FindingRow.objects.values_list("events", flat=True) for event in events)


def findings(site: Site) -> list[Finding]:
    """All findings, those to act on first in order, then those accepted, stale and closed."""
    open_store(site)
    now = datetime.now(UTC)
    return sorted(
        (life.expired(finding, now) for finding in store.load()), key=lambda finding: (_STATES.index(finding.state), order(finding))
    )


def count_of(site: Site, state: State) -> int:
    """How many findings are in a state."""
    open_store(site)
    from .models import FindingRow

    return FindingRow.objects.filter(state=state.value).count()


def show(site: Site, finding_id: str) -> Finding:
    """One finding, by its id or the beginning of it. Raises WrongUse if there is none or more than one."""
    open_store(site)
    return life.expired(_find(finding_id), datetime.now(UTC))


def those(site: Site, ids: Collection[str]) -> dict[str, Finding]:
    """The findings of these ids, as far as there are any."""
    open_store(site)
    now = datetime.now(UTC)
    return {finding.id: life.expired(finding, now) for finding in store.load(ids)}


def alerts(site: Site, rules: Collection[str], state: State | None = None, after: str = "") -> tuple[list[Finding], str]:
    """Alerts of these rules, and stories, that no other finding tells of, without their histories: the gravest first, then the latest, as
    many as stand on a page, those after a mark; and the mark of the last if there are more. Raises WrongUse for a mark that is none."""
    open_store(site)
    now = datetime.now(UTC)
    found, mark = store.alerts((*rules, STORY), state, now.date(), after)
    return [life.expired(finding, now) for finding in found], mark


def worklist(site: Site) -> list[Line]:
    """What to do, in order."""
    open_store(site)
    return store.lines(datetime.now(UTC))


def if_(site: Site, whats: Sequence[str]) -> Outcome:
    """What would become of the worklist if the hospital changed this: `zone:radiology no internet`. Raises WrongUse, also for a zone, a
    kind or an asset of which nothing is on the list."""
    known, ifs = [f for f in findings(site) if f.state in ON_THE_LIST], [parse(what) for what in whats]
    for what, asked in zip(ifs, whats, strict=True):
        if known and not any(map(what.concerns, known)):
            raise WrongUse("nothing on the worklist is there", asked, what.names(known))
    return outcome(known, ifs)


def accept(site: Site, finding_id: str, reason: str, until: date) -> Finding:
    """Lives with a finding to the end of a day. The reason stays in the store, where it can be redacted, and not in the journal."""
    detail = {"until": until.isoformat()}
    return _act(site, finding_id, "findings.accept", detail, lambda finding, who, now: life.accepted(finding, who, reason, until, now))


def reopen(site: Site, finding_id: str) -> Finding:
    """Takes back an acceptance or a closing."""
    return _act(site, finding_id, "findings.reopen", {}, life.reopened)


def close(site: Site, finding_id: str, reason: str) -> Finding:
    """Closes an alert that a person has dealt with; a story with all that it tells of."""
    with _transaction(site):
        closed = _act(site, finding_id, "findings.close", {}, lambda finding, who, now: life.closed_by(finding, who, reason, now))
        if parts := [finding for finding in store.parts(closed.id) if finding.state is not State.CLOSED]:
            turn = closed.history[-1]
            store.save([life.closed_by(finding, turn.who, reason, turn.at) for finding in parts], {f.id: f for f in parts})
        return closed


def hand_over(site: Site, to: Mapping[str, str], now: datetime) -> None:
    """Closes findings that are told of by others now: `to` are the ids of those, by id."""
    with _transaction(site):
        known = {finding.id: finding for finding in store.load(to.keys()) if finding.state is not State.CLOSED}
        store.save([life.handed_over(finding, to[id], now) for id, finding in known.items()], known)


# Ids that one entry of the journal names; the store has them all, with the reason.
_NAMED_MAX = 100
_STATES = (State.OPEN, State.STALE, State.ACCEPTED, State.CLOSED)


def _act(site: Site, finding_id: str, act: str, detail: dict[str, str], step: Callable[[Finding, str, datetime], Finding]) -> Finding:
    """A person's act: refused before it is journalled, journalled before it is saved."""
    now = datetime.now(UTC)
    with _transaction(site):
        before = _find(finding_id)
        current = life.expired(before, now)
        # Who acts is the journal's to say; whether it may be done is asked first.
        step(current, "", now)
        entry = record(site, act, before.id, detail | {"decision": before.decision.value})
        after = step(current, entry.who, now)
        store.save([after], {before.id: before})
    return after


def _transaction(site: Site) -> AbstractContextManager[None]:
    open_store(site)
    from django.db import transaction

    return transaction.atomic()


def _find(finding_id: str) -> Finding:
    from .models import FindingRow

    rows: list[FindingRow] = list(FindingRow.objects.filter(id__startswith=finding_id)[:2]) if finding_id else []
    if len(rows) != 1:
        raise WrongUse("more than one finding" if rows else "no such finding", finding_id, "`asepsis findings list` names them")
    return rows[0].value(rows[0].changes.all())


def _journal_turns(site: Site, turned: Iterable[tuple[Finding, int]], subject: str) -> None:
    """One entry a run with how many findings opened, closed and so on; none if nothing turned. One more for each reason why findings were
    closed without contrary evidence: what a person states in site.toml must not take them off the list unrecorded. `turned` are findings,
    each with how many turns it had before."""
    counts: dict[str, int] = {}
    aside: dict[str, list[str]] = {}
    for finding, before in turned:
        for turn in finding.history[before:]:
            counts[turn.what] = counts.get(turn.what, 0) + 1
            if turn.what == "closed" and finding.settled is None:
                aside.setdefault(turn.why, []).append(finding.id)
    for why, names in sorted(aside.items()):
        record(site, "findings.set_aside", subject, {"why": why, "count": len(names), "findings": sorted(names)[:_NAMED_MAX]})
    if counts:
        record(site, "findings.publish", subject, dict(sorted(counts.items())))
