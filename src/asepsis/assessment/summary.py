"""What those who decide need to know, in plain words: sentences, no markup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asepsis.findings.service import Decision, Effort, Line, counted
from asepsis.hospital.service import is_guess
from asepsis.kit.errors import one_line

from .coverage import HIDING
from .talks import OUTSIDE
from .traffic import traffic

if TYPE_CHECKING:
    from .assessment import Assessment
    from .heard import Heard

DECIDE_MAX = 5
"""More is not decided in one meeting."""
# Less than half is nothing to be proud of.
_MOSTLY = 0.5
# What fits on one sheet of paper, whatever a machine is called.
_WHAT, _WHO, _TAKES = 130, 150, 170
CLASSES = {
    "life": "Treat patients or keep them alive",
    "monitor": "Watch or examine patients",
    "support": "Keep records, images and work going",
    "none": "Have no part in care",
    "unknown": "Have a part that is not known yet",
}
"""Clinical classes as a nurse manager says them."""
WHEN = {
    Decision.IMMEDIATE: "Now",
    Decision.OUT_OF_CYCLE: "Within days",
    Decision.SCHEDULED: "At the next planned service",
    Decision.DEFER: "Can wait",
}
WORK = {
    Effort.MINUTES: "Minutes of work",
    Effort.HOURS: "Some hours of work",
    Effort.DAYS: "Some days of work",
    Effort.WEEKS: "Some weeks of work",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to decide. `line` is where it first stands on the worklist, from 1."""

    what: str
    when: str
    who: str
    takes: str
    line: int


def to_decide(lines: Sequence[Line]) -> list[Choice]:
    """The first things of the worklist; lines of one sort are one thing."""
    sorts: defaultdict[str, list[tuple[int, Line]]] = defaultdict(list)
    for nth, line in enumerate(lines, 1):
        sorts[line.lead.seen.check].append((nth, line))
    return [_choice(same) for same in list(sorts.values())[:DECIDE_MAX]]


def looked_at(assessment: Assessment) -> str:
    """When, how long, how much."""
    if assessment.heard is None:
        known = counted(len(assessment.assets), "machine")
        return f"No talk between machines was heard. We know of {known}, and cannot say whether all is well."
    return (
        f"This report rests on {assessment.heard.words} of talk between machines, heard {_span(assessment.heard)}. "
        f"We know of {counted(len(assessment.assets), 'machine')}. We only listened: no machine was touched."
    )


def in_reach(assessment: Assessment) -> str:
    """Patients are counted once: lines may share them."""
    patients = max((line.patients for line in assessment.lines), default=0)
    if not assessment.lines:
        return "No fault was found, so nobody is known to be within reach."
    if not patients:
        return "No patient was seen within reach of these faults. That does not mean there are none."
    whose = "one patient is" if patients == 1 else f"{patients:,} patients are"
    return f"At least {whose} within reach. Their records can be read or changed, or a machine they need can be stopped.{_read(assessment)}"


def good_news(assessment: Assessment) -> list[str]:
    """What can be said with a good conscience."""
    return list(_good(assessment)) or ["There is none to tell yet."]


def not_shown(assessment: Assessment) -> tuple[str, str]:
    """One sentence, and the words that lead to the rest."""
    many = len(assessment.coverage)
    if not many:
        return "", ""
    first = assessment.coverage[0].title
    return (
        f"We could not see {one_line(first[:1].lower() + first[1:], 120)}",
        f"all {counted(many, 'limit')} of this look" if many > 1 else "more on this",
    )


def _read(assessment: Assessment) -> str:
    """How much of what is said of patients can be read, where it is more than can be praised."""
    clinical = traffic(assessment.assets, assessment.talks)
    if not clinical.clear or clinical.share is None or clinical.share >= _MOSTLY:
        return ""
    whole = clinical.clear + clinical.encrypted
    return f" Of {counted(whole, 'connection')} that may be about patients {clinical.clear:,} can be read on the way."


def _choice(same: Sequence[tuple[int, Line]]) -> Choice:
    nth, line = same[0]
    lines = [line for _, line in same]
    lead = line.lead.seen
    what = line.title if len(lines) == 1 else f"{lead.fault} ({len(lines)} lines of the list)"
    action = line.action.title if len(lines) == 1 else lead.action.for_many or lead.action.title
    effort = max((line.effort for line in lines), key=lambda effort: effort.rank)
    patients = max(line.patients for line in lines)
    who = max(line.harms.values(), key=lambda harm: harm.level).why if line.harms else ""
    reach = f" At least {counted(patients, 'patient')} within reach." if patients else ""
    return Choice(
        one_line(what, _WHAT), WHEN[line.decision], one_line(who, _WHO) + reach, f"{WORK[effort]}. {one_line(action, _TAKES)}.", nth
    )


def _good(assessment: Assessment) -> Iterator[str]:
    clinical = traffic(assessment.assets, assessment.talks)
    if clinical.encrypted and clinical.share is not None and clinical.share >= _MOSTLY:
        yield (
            f"{clinical.share:.0%} of the talk that may be about patients is locked against readers "
            f"({clinical.encrypted:,} of {clinical.clear + clinical.encrypted:,} connections)."
        )
    if assessment.heard and not any(line.decision is Decision.IMMEDIATE for line in assessment.lines):
        yield "No weak point that we found has to be mended this very hour."
    life = {asset.id for asset in assessment.assets if asset.clinical_class == "life" and asset.first_seen and not is_guess(asset)}
    if life and not any(OUTSIDE in (talk.source, talk.target) and life & {talk.source, talk.target} for talk in assessment.talks):
        yield "No machine that treats patients was seen to talk to the outside world."
    if assessment.closed:
        yield f"{counted(assessment.closed, 'fault')} found before {'is' if assessment.closed == 1 else 'are'} gone."
    known = sum(asset.kind != "unknown" and not is_guess(asset) for asset in assessment.assets)
    if known and 5 * known >= 4 * len(assessment.assets):
        yield f"We could tell what {known:,} of {counted(len(assessment.assets), 'machine')} {'is' if known == 1 else 'are'}."
    if assessment.heard and not {gap.id for gap in assessment.coverage} & {*HIDING, "not_read_whole"}:
        yield "Nothing that was heard got lost on its way to us."


def _span(heard: Heard) -> str:
    first, last = heard.first, heard.last
    day = f"{first.day} {first:%B %Y}"
    if f"{first:%H:%M}" == f"{last:%H:%M}" and first.date() == last.date():
        return f"on {day} at {first:%H:%M} (UTC)"
    if first.date() == last.date():
        return f"on {day} from {first:%H:%M} to {last:%H:%M} (UTC)"
    return f"from {day} to {last.day} {last:%B %Y}"
