"""What a fault or an attack can do to patients and to the hospital, and how much a device matters to a patient now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .ssvc import HumanImpact, Mission, Safety, human_impact


class HarmKind(StrEnum):
    """The five harms; each is judged on its own."""

    SAFETY = "safety"
    PRIVACY = "privacy"
    INTEGRITY = "integrity"
    SERVICE = "service"
    MONEY_AND_TRUST = "money_and_trust"


@dataclass(frozen=True, slots=True)
class Harm:
    """How bad, 0 (none) to 4 (as bad as can be), and one sentence why."""

    level: int
    why: str

    def __post_init__(self) -> None:
        if not 0 <= self.level <= 4:
            raise ValueError(f"a harm is 0 to 4, not {self.level}")


Harms = Mapping[HarmKind, Harm]


class ClinicalClass(StrEnum):
    """What an asset does for patients."""

    LIFE = "life"
    MONITOR = "monitor"
    SUPPORT = "support"
    NONE = "none"
    UNKNOWN = "unknown"


def ordering_class(clinical_class: str) -> ClinicalClass:
    """The class that counts where findings are ordered: what nobody has told us may be watching a patient."""
    try:
        known = ClinicalClass(clinical_class)
    except ValueError:
        known = ClinicalClass.UNKNOWN
    return ClinicalClass.MONITOR if known is ClinicalClass.UNKNOWN else known


def impact_of(harms: Harms) -> HumanImpact:
    """Human impact: safety harm 0-1, 2, 3, 4 against the worst of the other four in the same steps."""
    others = max((harm.level for kind, harm in harms.items() if kind is not HarmKind.SAFETY), default=0)
    safety = harms[HarmKind.SAFETY].level if HarmKind.SAFETY in harms else 0
    return human_impact(list(Safety)[_step(safety)], list(Mission)[_step(others)])


def worst(harms: Harms) -> tuple[HarmKind, Harm] | None:
    """The harm to name first: the highest level, safety before the rest at the same level."""
    order = list(HarmKind)
    return max(harms.items(), key=lambda item: (item[1].level, -order.index(item[0])), default=None)


def _step(level: int) -> int:
    return max(level - 1, 0)
