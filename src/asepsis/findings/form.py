"""Findings and worklist lines as JSON objects, for `--json` and the report, and the worklist as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asepsis.kit.command import DEFAULT_SITE, at
from asepsis.kit.errors import one_line
from asepsis.kit.output import iso

from .explain import counted, rank_in_words
from .finding import Action, Finding
from .harm import Harm, HarmKind
from .inputs import inputs
from .line import Line
from .what_if import Outcome

NOTHING = (
    "Next: `asepsis assess CAPTURE...` looks again on new captures. No finding is no proof that nothing is wrong: it is what was seen."
)


def finding_form(finding: Finding) -> dict[str, Any]:
    """All of a finding; times are ISO 8601 in UTC."""
    seen, acceptance = finding.seen, finding.acceptance
    return {
        "id": finding.id,
        "kind": seen.kind.value,
        "check": seen.check,
        "title": seen.title,
        "subject": seen.subject,
        "discriminator": seen.discriminator,
        "decision": finding.decision.value,
        "rank": rank_in_words(finding),
        "harms": _harms(seen.harms),
        "points": {point.name: {"value": point.value, "because": point.because} for point in inputs(finding)},
        "human_impact": finding.impact.value,
        "reach": [{"class": s.clinical_class.value, "steps": s.steps, "asset": s.asset, "name": s.name} for s in seen.reach],
        "why": seen.why,
        "action": _action(seen.action),
        "state": finding.state.value,
        "zone": seen.zone,
        "asset_kind": seen.asset_kind,
        "assets": list(seen.assets),
        "patients": seen.patients,
        "first_seen": iso(seen.first_seen),
        "last_seen": iso(seen.last_seen),
        "events": list(seen.events),
        "accepted": acceptance and {"person": acceptance.person, "reason": acceptance.reason, "until": acceptance.until.isoformat()},
        "history": [{"at": iso(turn.at), "what": turn.what, "who": turn.who, "why": turn.why} for turn in finding.history],
    }


def line_form(line: Line) -> dict[str, Any]:
    """A line and its members, the gravest, each short: `asepsis findings list` has all, `asepsis findings show ID` the rest of one."""
    return {
        "title": line.title,
        "decision": line.decision.value,
        "why": line.why,
        "evidence": line.lead.seen.why,
        "action": _action(line.action),
        "effort": line.effort.value,
        "harms": _harms(line.harms),
        "human_impact": line.impact.value,
        "patients": line.patients,
        "first_seen": iso(line.totals.first_seen),
        "last_seen": iso(line.totals.last_seen),
        "count": line.count,
        "members": [
            {"id": member.id, "title": member.title, "decision": member.decision.value, "state": member.state.value}
            for member in line.members
        ],
    }


def outcome_form(outcome: Outcome) -> dict[str, Any]:
    """What would go, what would be less urgent, and how many lines would stay as they are."""
    return {
        "gone": [line_form(line) for line in outcome.gone],
        "lower": [{"line": line_form(was), "decision": now.decision.value, "human_impact": now.impact.value} for was, now in outcome.lower],
        "same": outcome.same,
    }


def outcome_text(outcome: Outcome, whats: Sequence[str]) -> str:
    """The same as text."""
    before = len(outcome.gone) + len(outcome.lower) + outcome.same
    head = f"With {' and '.join(map(one_line, whats))}: {len(outcome.gone)} of {counted(before, 'line')} would go"
    text = [f"{head}, {len(outcome.lower)} would be less urgent, {outcome.same} would stay as they are."]
    text += ["", *(f"  gone:  {one_line(line.title)} ({line.decision})" for line in outcome.gone)] if outcome.gone else []
    text += [f"  lower: {one_line(was.title)} ({was.decision}, then {now.decision})" for was, now in outcome.lower]
    return "\n".join(text)


def worklist_text(lines: Sequence[Line], site: Path = DEFAULT_SITE) -> str:
    """The worklist of `site` as text: a paragraph a line, in order; what was seen on the wire cannot break out of its line."""
    if not lines:
        return f"Worklist: nothing to do. {NOTHING}"
    text = [f"Worklist: {counted(len(lines), 'line')}, what hurts patients first comes first", ""]
    for number, line in enumerate(lines, 1):
        names = ", ".join(member.id for member in line.members[:3]) + (", ..." if line.count > 3 else "")
        text += [
            f"{number:>3}. {one_line(line.title)}",
            f"     {line.decision} | {one_line(line.why, 1000)}",
            f"     Do ({line.action.effort}): {one_line(line.action.title, 1000)}",
            f"     {counted(line.count, 'finding')}: {names}",
            "",
        ]
    return "\n".join([*text, f"`asepsis findings show ID{at(site)}` has the evidence."])


def _harms(harms: Mapping[HarmKind, Harm]) -> dict[str, Any]:
    return {kind.value: {"level": harm.level, "why": harm.why} for kind, harm in harms.items()}


def _action(action: Action) -> dict[str, Any]:
    return {"title": action.title, "effort": action.effort.value, "steps": list(action.steps)}
