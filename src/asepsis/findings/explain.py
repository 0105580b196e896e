"""Why a finding stands where it stands, in one sentence that a nurse manager understands."""

from __future__ import annotations

from .decision import points_that_count
from .finding import Finding, Kind, State
from .harm import worst
from .ssvc import Automatable, Decision, Exploitation, Exposure

WHEN = {
    Decision.IMMEDIATE: "Act now",
    Decision.OUT_OF_CYCLE: "Do this within days, before other planned work",
    Decision.SCHEDULED: "Plan this for the next maintenance",
    Decision.DEFER: "This can wait",
}
_EXPOSURE = {
    Exposure.SMALL: "only its own part of the network reaches it",
    Exposure.CONTROLLED: "other parts of the hospital's network may reach it",
    Exposure.OPEN: "it is in touch with the internet",
}
_EXPLOITATION = {
    Exploitation.NONE: "nobody has been seen abusing it",
    Exploitation.PUBLIC_POC: "how to abuse it is public knowledge",
    Exploitation.ACTIVE: "attackers are known to use it",
}


def rank_in_words(finding: Finding) -> str:
    """The rank of a finding: when, its worst harm, who can reach it, what is known; the same facts as the decision rests on."""
    points, seen = points_that_count(finding.seen), finding.seen
    reasons = [_worst_harm(finding)]
    patients = counted(seen.patients, "patient")
    if seen.patients and patients not in reasons[0]:
        reasons.append(f"{patients} within reach")
    if seen.kind is Kind.ALERT:
        reasons.append("the attacker is already inside")
    else:
        reasons += [_EXPOSURE[points.exposure], _EXPLOITATION[points.exploitation]]
    if points.automatable is Automatable.YES:
        reasons.append("a program can do it by itself")
    sentence = f"{WHEN[finding.decision]}: {', '.join(reasons[:-1])}, and {reasons[-1]}"
    return f"{sentence} (not seen for a while, which does not mean it is gone)." if finding.state is State.STALE else f"{sentence}."


def _worst_harm(finding: Finding) -> str:
    kind_and_harm = worst(finding.seen.harms)
    if kind_and_harm is None or not kind_and_harm[1].level:
        return "no harm is expected"
    why = kind_and_harm[1].why.rstrip(".")
    return why[:1].lower() + why[1:]


def counted(number: int, noun: str) -> str:
    """`3 patients`, `1 patient`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
