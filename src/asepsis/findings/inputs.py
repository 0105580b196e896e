"""What a decision rests on: every input of it, and where that comes from."""

from __future__ import annotations

from dataclasses import dataclass

from .decision import points_that_count
from .finding import Finding, Kind
from .harm import HarmKind, impact_of, worst
from .ssvc import Automatable, Exploitation, Exposure


@dataclass(frozen=True, slots=True)
class Input:
    """A decision point of SSVC or what goes into one, its value, and the reason or source of it."""

    name: str
    value: str
    because: str

    @property
    def words(self) -> str:
        """The name as a person reads it."""
        return self.name.replace("_", " ")


_EXPLOITATION = {
    Exploitation.NONE: "no attack of this sort was seen, and none is in CISA's list of exploited vulnerabilities",
    Exploitation.PUBLIC_POC: "how to do it is public; see the references of the check",
    Exploitation.ACTIVE: "attackers are known to use it (CISA KEV, or seen here); see the references of the check",
}
_EXPOSURE = {
    Exposure.SMALL: "all sides stand in one zone that site.toml states to be isolated, and nothing was seen to come in from elsewhere",
    Exposure.CONTROLLED: "inside the hospital, and what the firewall lets pass is not known",
    Exposure.OPEN: "one side of the conversation is an address of the internet",
}
_AUTOMATABLE = {
    Automatable.YES: "the check says that a program can do it from finding the machine to getting in",
    Automatable.NO: "the check says that a person has to be there, or has to wait for something",
}


def inputs(finding: Finding) -> list[Input]:
    """The inputs of the SSVC Deployer table, and those of the human impact that goes into it."""
    points, seen = points_that_count(finding.seen), finding.seen
    alert = seen.kind is Kind.ALERT
    others = worst({kind: harm for kind, harm in seen.harms.items() if kind is not HarmKind.SAFETY})
    safety = seen.harms.get(HarmKind.SAFETY)
    out = [
        Input("exploitation", points.exploitation.value, "it is an attack that was seen" if alert else _EXPLOITATION[points.exploitation]),
        Input("exposure", points.exposure.value, "the attacker is already inside" if alert else _EXPOSURE[points.exposure]),
        Input("automatable", points.automatable.value, _AUTOMATABLE[points.automatable]),
        Input("human_impact", impact_of(seen.harms).value, "SSVC Human Impact table over the two lines below"),
    ]
    if safety:
        out.append(Input("safety", str(safety.level), safety.why))
    if others:
        kind, harm = others
        out.append(Input("mission", str(harm.level), f"worst of the other four harms, {kind.value.replace('_', ' ')}: {harm.why}"))
    return [*out, Input("decision", finding.decision.value, "SSVC Deployer table over exploitation, exposure, automatable, human impact")]
