"""Why a finding stands where it stands, in one sentence that a nurse manager understands.

Every word costs: formulas of readability give one sentence of 22 short words grade 9 (tests/findings/test_reading.py). So a program or a
person (automatable), from where (exposure), and whether that is known to happen (exploitation) is one clause.
"""

from __future__ import annotations

from .decision import points_that_count
from .finding import Finding, Kind, State
from .harm import worst
from .ssvc import Automatable, Decision, Exploitation, Exposure

WHEN = {
    Decision.IMMEDIATE: "Act now",
    Decision.OUT_OF_CYCLE: "Act within days",
    Decision.SCHEDULED: "At the next service",
    Decision.DEFER: "This can wait",
}
_WHO = {Automatable.YES: "a program", Automatable.NO: "someone"}
_WHERE = {
    Exposure.SMALL: "in its zone",
    Exposure.CONTROLLED: "inside",
    Exposure.OPEN: "online",
}
_KNOWN = {
    Exploitation.NONE: "no abuse seen",
    Exploitation.PUBLIC_POC: "and the way is public",
    Exploitation.ACTIVE: "as attackers do",
}


def rank_in_words(finding: Finding) -> str:
    """The rank of a finding: when, its worst harm, who can do it from where, what is known; the same facts as the decision rests on."""
    points, seen = points_that_count(finding.seen), finding.seen
    harm, patients = _worst_harm(finding), counted(seen.patients, "patient")
    reach = f" ({patients})" if seen.patients and patients not in harm else ""
    if seen.kind is Kind.ALERT:
        way = f"the attacker is inside{', where a program can do it' if points.automatable is Automatable.YES else ''}"
    else:
        way = f"{_WHO[points.automatable]} {_WHERE[points.exposure]} can use it, {_KNOWN[points.exploitation]}"
    stale = " (silence does not mean it is gone)" if finding.state is State.STALE else ""
    return f"{WHEN[finding.decision]}: {harm}{reach}; {way}{stale}."


def _worst_harm(finding: Finding) -> str:
    kind_and_harm = worst(finding.seen.harms)
    if kind_and_harm is None or not kind_and_harm[1].level:
        return "no harm is expected"
    why = kind_and_harm[1].why.rstrip(".")
    return why[:1].lower() + why[1:]


def counted(number: int, noun: str) -> str:
    """`3 patients`, `1 patient`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
