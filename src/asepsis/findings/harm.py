"""What a fault or an attack can do to patients and to the hospital, and how much a device matters to a patient now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .ssvc import HumanImpact, Mission, Safety, human_impact

Judged = tuple[int, str]


class HarmKind(StrEnum):
    """The five harms; each is judged on its own."""

    SAFETY = "safety"
    PRIVACY = "privacy"
    INTEGRITY = "integrity"
    SERVICE = "service"
    MONEY_AND_TRUST = "money_and_trust"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return self.value.replace("_", " ")


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


# From this many patients on, a breach of unsecured records is reported to the authority and the media at once: 45 CFR 164.406, 164.408.
REPORTABLE_PATIENTS = 500
# How gravely a patient may be hurt through a device of a class, if someone else has a hand on it (harm to safety, 0-4).
SAFETY_OF = {ClinicalClass.LIFE: 3, ClinicalClass.MONITOR: 2, ClinicalClass.SUPPORT: 1, ClinicalClass.NONE: 0}

HURTS = 2
"""Harm to safety from which on a patient could be hurt: through a machine that examines or watches patients, treats them or keeps them
alive."""


def ordering_class(clinical_class: str) -> ClinicalClass:
    """The class that counts where findings are ordered: what nobody has told us may be watching a patient."""
    try:
        known = ClinicalClass(clinical_class)
    except ValueError:
        known = ClinicalClass.UNKNOWN
    return ClinicalClass.MONITOR if known is ClinicalClass.UNKNOWN else known


def can_hurt(harms: Harms) -> bool:
    """Whether a patient could be hurt, not only records read or work delayed."""
    return HarmKind.SAFETY in harms and harms[HarmKind.SAFETY].level >= HURTS


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


def five(safety: Judged, privacy: Judged, integrity: Judged, service: Judged, money_and_trust: Judged) -> dict[HarmKind, Harm]:
    """The harms by kind, each with a level 0-4 and a sentence."""
    judged = (safety, privacy, integrity, service, money_and_trust)
    return {kind: Harm(*harm) for kind, harm in zip(HarmKind, judged, strict=True)}


def readable(patients: int) -> Judged:
    """Harm to privacy if that many patients' records can be read."""
    if patients >= REPORTABLE_PATIENTS:
        return 4, f"Records of {patients:,} patients can be read."
    if patients:
        return 3, f"Records of {patients} patient{'' if patients == 1 else 's'} can be read."
    return 2, "Records will pass here, though none was seen yet."


def leaked(patients: int) -> Judged:
    """Harm to money and trust if that many patients' records are read."""
    if patients >= REPORTABLE_PATIENTS:
        return 3, "A leak of this size has to be reported at once, and will be in the news."
    return 2, "A leak of patients' records has to be reported and costs trust."
