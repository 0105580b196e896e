"""The verbs of findings: what checks propose is remembered and ranked; people accept, reopen and close."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeVar

from asepsis.hospital.service import ids_of_assets
from asepsis.journal.service import record
from asepsis.kit.errors import WrongUse
from asepsis.kit.free_text import free_text
from asepsis.kit.marks import read_mark, write_mark
from asepsis.kit.site import Site
from asepsis.settings import has_store, open_store, transaction

from . import life, passed, store
from .approval import Answer, Approval, Standing, Verdict, Wish
from .approvals import answer, approval, approvals, put, withdraw
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
from .handling import NAMED_MAX, accept, accept_all, assign, close, comment, ids_in_lines, redact, remarks, reopen, show, take_back
from .harm import SAFETY_OF, ClinicalClass, Harm, HarmKind, Judged, can_hurt, five, leaked, ordering_class, readable
from .line import Line, order, packed, worst_of
from .listing import ALL_LINES, PAGE, FindingsAsked, LinesAsked
from .look import Look
from .parties import Parties, Party, large, public, public_rows, public_sql
from .posture import Fault, cleared, faults, listed, named, nothing, opening, port, posture
from .remark import Remark, Sort
from .review import Run, Traced, lost, review
from .sightings import Sight, Sighting, gather, mended
from .ssvc import Automatable, Decision, Exploitation, Exposure, HumanImpact
from .store import Brief
from .tally import DayCount, Decided, Stood, Turned
from .trace import trace
from .walls import INTO, entered
from .what_if import Outcome, outcome, parse
from .worklist import ON_THE_LIST
from .worklist import worklist as lines_of

__all__ = [
    "INTO", "SAFETY_OF", "STORY", "Acceptance", "Action", "Answer", "Approval", "Automatable", "Change", "Check", "Cleared",
    "ClinicalClass", "DayCount", "Decided", "Decision", "Effort", "Examined", "Excused", "Exploitation", "Exposure", "Fault", "Finding",
    "FindingsAsked", "Harm", "HarmKind", "HumanImpact", "Judged", "Kind", "Lake", "Line", "LinesAsked", "Look", "Outcome", "Parties",
    "Party", "Points", "Proposal", "Remark", "Remedy", "Row", "Scope", "Sight", "Sighting", "Sort", "Standing", "State", "Step", "Stood",
    "Traced", "Turned", "Verdict", "Wish", "accept", "accept_all", "accepted", "add", "answer", "approval", "approvals", "assign",
    "assigned_to", "busiest", "can_hurt", "cited_rows", "cleared", "close", "comment", "count_of", "counted", "days", "drop_view", "ending",
    "entered", "examine", "faults", "finding_form", "findings", "first_lines", "five", "gather", "glance", "hand_over", "identity",
    "ids_in_lines", "if_", "judge", "keep_view", "known_checks", "large", "leaked", "line_form", "lines_of", "listed", "mended", "named",
    "nothing", "opening", "ordering_class", "page_of_findings", "port", "posture", "public", "public_rows", "public_sql", "publish",
    "pulse", "put", "quarter", "rank_in_words", "readable", "redact", "remarks", "reopen", "rows", "show", "span", "standing", "stories",
    "take_back", "those", "trace", "turned", "views", "withdraw", "worklist", "worklist_text", "worst_of",
]  # fmt: skip


DEVICES_MAX, VIEWS_MAX = 200, 30
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
    with transaction(site):
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
    with transaction(site):
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


def days(site: Site, since: date, until: date) -> list[DayCount]:
    """How many findings turned on each day from `since` to before `until` (UTC), by sort of turn and decision."""
    open_store(site)
    return passed.days(since, until)


def span(site: Site) -> tuple[date, date] | None:
    """The first and the last day on which any finding turned; nothing where there was none yet."""
    open_store(site)
    return passed.span()


def turned(site: Site, what: str, since: date, until: date, most: int) -> list[Turned]:
    """The lines whose findings turned so ("opened", "closed"), the gravest first, so many at the most."""
    open_store(site)
    return passed.turned(what, since, until, most)


def standing(site: Site, starts: Sequence[date]) -> list[Stood]:
    """How many findings called for work when these days began."""
    open_store(site)
    return passed.standing(starts)


def accepted(site: Site, since: date, until: date, most: int) -> list[Decided]:
    """What people began to live with in these days, the latest first, so many at the most."""
    open_store(site)
    return passed.accepted(since, until, most)


def ending(site: Site, since: date, until: date, most: int) -> tuple[list[Decided], int]:
    """The acceptances that end in these days, the first to end first, so many at the most; and how many there are."""
    open_store(site)
    return passed.ending(since, until, most)


def stories(site: Site, since: date, until: date, most: int) -> tuple[list[Finding], int]:
    """The attackers who were at work in these days, the gravest first, so many at the most; and how many there are."""
    open_store(site)
    return passed.stories(since, until, most)


def worklist(site: Site, asked: LinesAsked = ALL_LINES) -> list[Line]:
    """What to do, in order."""
    open_store(site)
    return store.lines(datetime.now(UTC), asked)


def page_of_findings(site: Site, asked: FindingsAsked, after: str = "", most: int = PAGE) -> tuple[list[Finding], str]:
    """The findings that are asked for, in the order of the worklist, as many as stand on a page, those after a mark; and the mark of the
    last if there are more. They come without their history. Raises WrongUse for a mark that is none."""
    open_store(site)
    devices = ids_of_assets(site, asked.words, DEVICES_MAX) if asked.words else None
    found, more = store.page(asked, devices, read_mark(after, int, str) if after else None, most)
    now = datetime.now(UTC)
    return [life.expired(finding, now) for finding in found], write_mark((packed(found[-1]), found[-1].id)) if more else ""


def those(site: Site, ids: Collection[str]) -> dict[str, Finding]:
    """The findings of these ids, as far as there are any."""
    open_store(site)
    now = datetime.now(UTC)
    return {finding.id: life.expired(finding, now) for finding in store.load(ids)}


def assigned_to(site: Site, ids: Collection[str]) -> dict[str, str]:
    """Who works on which of these findings."""
    open_store(site)
    return store.assigned(ids)


def pulse(site: Site) -> tuple[object, ...]:
    """What differs once a finding has turned or weighs otherwise, or somebody has said something of one."""
    open_store(site)
    return store.pulse()


def views(site: Site, who: str) -> list[tuple[str, str]]:
    """What somebody keeps to look at again: names, and the words of their addresses."""
    open_store(site)
    from .models import ViewRow

    return list(ViewRow.objects.filter(who=who).values_list("name", "address"))


def keep_view(site: Site, who: str, name: str, address: str) -> None:
    """Keeps a way of looking under a name; the same name again replaces it. Raises WrongUse, also for one too many."""
    open_store(site)
    from .models import ViewRow

    try:
        name = free_text(name, 80)
    except ValueError as error:
        raise WrongUse(f"the name {error}") from None
    if len(address) > 1000 or (ViewRow.objects.filter(who=who).exclude(name=name).count() >= VIEWS_MAX):
        raise WrongUse("no more can be kept", name, "drop another view first")
    ViewRow.objects.update_or_create(who=who, name=name, defaults={"address": address})


def drop_view(site: Site, who: str, name: str) -> None:
    """Keeps a way of looking no more."""
    open_store(site)
    from .models import ViewRow

    ViewRow.objects.filter(who=who, name=name).delete()


def first_lines(site: Site, most: int, decision: Decision | None = None, efforts: Collection[Effort] = ()) -> tuple[list[Line], int]:
    """The first lines of the worklist as the last run left it, so many at the most: of a decision, of works that take so long, where these
    are given; and how many there are. Many times faster than all of the list."""
    open_store(site)
    return store.first_lines(most, decision, efforts)


def if_(site: Site, whats: Sequence[str]) -> Outcome:
    """What would become of the worklist if the hospital changed this: `zone:radiology no internet`. Raises WrongUse, also for a zone, a
    kind or an asset of which nothing is on the list."""
    known, ifs = [f for f in findings(site) if f.state in ON_THE_LIST], [parse(what) for what in whats]
    for what, asked in zip(ifs, whats, strict=True):
        if known and not any(map(what.concerns, known)):
            raise WrongUse("nothing on the worklist is there", asked, what.names(known))
    return outcome(known, ifs)


def hand_over(site: Site, to: Mapping[str, str], now: datetime) -> None:
    """Closes findings that are told of by others now: `to` are the ids of those, by id."""
    with transaction(site):
        known = {finding.id: finding for finding in store.load(to.keys()) if finding.state is not State.CLOSED}
        store.save([life.handed_over(finding, to[id], now) for id, finding in known.items()], known)


_STATES = (State.OPEN, State.STALE, State.ACCEPTED, State.CLOSED)


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
        record(site, "findings.set_aside", subject, {"why": why, "count": len(names), "findings": sorted(names)[:NAMED_MAX]})
    if counts:
        record(site, "findings.publish", subject, dict(sorted(counts.items())))
