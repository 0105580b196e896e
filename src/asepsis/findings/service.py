"""The verbs of findings: what checks propose is remembered and ranked; people accept, reopen and close."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from asepsis.journal.service import record
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site
from asepsis.settings import has_store, open_store

from . import life
from .asking import Lake, Row, rows
from .check import Check, Examined, Scope, examine
from .explain import counted, rank_in_words
from .finding import Acceptance, Action, Change, Cleared, Effort, Excused, Finding, Kind, Points, Proposal, Remedy, State, identity
from .form import finding_form, line_form, worklist_text
from .harm import SAFETY_OF, ClinicalClass, Harm, HarmKind, Judged, five, leaked, ordering_class, readable
from .look import Look
from .parties import Parties, Party, public
from .posture import Fault, cleared, faults, listed, named, nothing, port, posture
from .review import Run, Traced, lost, review
from .sightings import Sight, Sighting, gather, mended
from .ssvc import Automatable, Decision, Exploitation, Exposure, HumanImpact
from .trace import trace
from .what_if import Outcome, outcome, parse
from .worklist import Line, order
from .worklist import worklist as lines_of

if TYPE_CHECKING:
    from .models import FindingRow

__all__ = [
    "SAFETY_OF", "Acceptance", "Action", "Automatable", "Change", "Check", "Cleared", "ClinicalClass", "Decision", "Effort", "Examined",
    "Excused", "Exploitation", "Exposure", "Fault", "Finding", "Harm", "HarmKind", "HumanImpact", "Judged", "Kind", "Lake", "Line",
    "Look", "Outcome", "Parties", "Party", "Points", "Proposal", "Remedy", "Row", "Scope", "Sight", "Sighting", "State", "Traced",
    "accept", "cited_rows", "cleared", "close", "counted", "examine", "faults", "finding_form", "findings", "five", "gather",
    "identity", "if_", "known_checks", "leaked", "line_form", "lines_of", "listed", "lost_rows", "mended", "named", "nothing",
    "ordering_class", "port", "posture", "public", "publish", "rank_in_words", "readable", "reopen", "rows", "show", "trace",
    "worklist", "worklist_text",
]  # fmt: skip


def publish(
    site: Site,
    proposals: Iterable[Proposal],
    cleared: Iterable[Cleared] = (),
    now: datetime | None = None,
    traced: Traced | None = None,
) -> list[Finding]:
    """Brings the findings up to date with what checks saw, in one transaction; the same again changes nothing. Gives all findings in order.

    `now` is the time on the wire up to which the sensor has seen (default: the newest time handed in): silence is judged by it, so that a
    capture of last year does not make everything stale. `traced` is what became of `lost_rows`.
    """
    proposals, cleared = tuple(proposals), tuple(cleared)
    wire = max([*([now] if now else []), *(p.last_seen for p in proposals), *(c.ts for c in cleared)], default=None)
    today = datetime.now(UTC)
    with _transaction(site):
        known = {finding.id: finding for finding in _load()}
        after = review(known.values(), Run(proposals, cleared, traced or Traced(), wire)) if wire else list(known.values())
        after = [life.expired(finding, today) for finding in after]
        changed = [finding for finding in after if known.get(finding.id) != finding]
        _save(changed, known)
        _journal_turns(site, changed, known)
    return sorted(after, key=order)


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


def lost_rows(site: Site, proposals: Iterable[Proposal], checks: Collection[str]) -> dict[str, frozenset[str]]:
    """The rows that speak for findings which these checks do not propose any more, by check: to be traced before publishing."""
    open_store(site)
    rows: dict[str, set[str]] = {}
    for finding in lost(_load(), proposals):
        if finding.seen.check in checks:
            rows.setdefault(finding.seen.check, set()).update(finding.seen.events)
    return {check: frozenset(events) for check, events in rows.items()}


def findings(site: Site) -> list[Finding]:
    """All findings, those to act on first in order, then those accepted, stale and closed."""
    open_store(site)
    now = datetime.now(UTC)
    return sorted((life.expired(finding, now) for finding in _load()), key=lambda finding: (_STATES.index(finding.state), order(finding)))


def show(site: Site, finding_id: str) -> Finding:
    """One finding, by its id or the beginning of it. Raises WrongUse if there is none or more than one."""
    open_store(site)
    return life.expired(_find(finding_id), datetime.now(UTC))


def worklist(site: Site) -> list[Line]:
    """What to do, in order."""
    return lines_of(findings(site))


def if_(site: Site, whats: Sequence[str]) -> Outcome:
    """What would become of the worklist if the hospital changed this: `zone:radiology no internet`. Raises WrongUse."""
    return outcome(findings(site), [parse(what) for what in whats])


def accept(site: Site, finding_id: str, reason: str, until: date) -> Finding:
    """Lives with a finding to the end of a day. The reason stays in the store, where it can be redacted, and not in the journal."""
    detail = {"until": until.isoformat()}
    return _act(site, finding_id, "findings.accept", detail, lambda finding, who, now: life.accepted(finding, who, reason, until, now))


def reopen(site: Site, finding_id: str) -> Finding:
    """Takes back an acceptance or a closing."""
    return _act(site, finding_id, "findings.reopen", {}, life.reopened)


def close(site: Site, finding_id: str, reason: str) -> Finding:
    """Closes an alert that a person has dealt with."""
    return _act(site, finding_id, "findings.close", {}, lambda finding, who, now: life.closed_by(finding, who, reason, now))


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
        _save([after], {before.id: before})
    return after


def _transaction(site: Site) -> AbstractContextManager[None]:
    open_store(site)
    from django.db import transaction

    return transaction.atomic()


def _load() -> list[Finding]:
    from .models import FindingRow

    return [row.value(row.changes.all()) for row in FindingRow.objects.prefetch_related("changes")]


def _find(finding_id: str) -> Finding:
    from .models import FindingRow

    rows: list[FindingRow] = list(FindingRow.objects.filter(id__startswith=finding_id)[:2]) if finding_id else []
    if len(rows) != 1:
        raise WrongUse("more than one finding" if rows else "no such finding", finding_id, "`asepsis findings list` names them")
    return rows[0].value(rows[0].changes.all())


def _save(changed: list[Finding], known: dict[str, Finding]) -> None:
    from .models import ChangeRow, FindingRow

    columns = [column.name for column in FindingRow._meta.concrete_fields if not column.primary_key]
    rows = [FindingRow.of(finding) for finding in changed]
    FindingRow.objects.bulk_create(rows, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=columns)
    turns = []
    for finding in changed:
        told = len(known[finding.id].history) if finding.id in known else 0
        turns += [ChangeRow(finding_id=finding.id, at=t.at, what=t.what, who=t.who, why=t.why) for t in finding.history[told:]]
    ChangeRow.objects.bulk_create(turns, batch_size=500)


def _journal_turns(site: Site, changed: list[Finding], known: dict[str, Finding]) -> None:
    """One entry a run with how many findings opened, closed and so on; none if nothing turned. One more for each reason why findings were
    closed without contrary evidence: what a person states in site.toml must not take them off the list unrecorded."""
    counts: dict[str, int] = {}
    aside: dict[str, list[str]] = {}
    for finding in changed:
        for turn in finding.history[len(known[finding.id].history) if finding.id in known else 0 :]:
            counts[turn.what] = counts.get(turn.what, 0) + 1
            if turn.what == "closed" and finding.settled is None:
                aside.setdefault(turn.why, []).append(finding.id)
    for why, names in sorted(aside.items()):
        record(site, "findings.set_aside", "findings", {"why": why, "count": len(names), "findings": sorted(names)[:_NAMED_MAX]})
    if counts:
        record(site, "findings.publish", "findings", dict(sorted(counts.items())))
