"""The five harms of a fault, all five always judged."""

from __future__ import annotations

from asepsis.findings.service import ClinicalClass, Harm, HarmKind

Judged = tuple[int, str]

# From this many patients on, a breach of unsecured records is reported to the authority and the media at once: 45 CFR 164.406, 164.408.
REPORTABLE_PATIENTS = 500
# How gravely a patient may be hurt through a device of a class, if someone else has a hand on it (harm to safety, 0-4).
SAFETY_OF = {ClinicalClass.LIFE: 3, ClinicalClass.MONITOR: 2, ClinicalClass.SUPPORT: 1, ClinicalClass.NONE: 0}


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
    return 2, "No patient was seen yet, but records will pass the same way."


def leaked(patients: int) -> Judged:
    """Harm to money and trust if that many patients' records are read."""
    if patients >= REPORTABLE_PATIENTS:
        return 3, "A leak of this size has to be reported at once, and will be in the news."
    return 2, "A leak of patients' records has to be reported and costs trust."
