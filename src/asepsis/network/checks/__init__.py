"""The checks of this room, each in a file with rows that fire it and rows that do not."""

from __future__ import annotations

from asepsis.network.check import Check

from . import (
    dicom_any_caller,
    dicom_in_clear,
    fhir_in_clear,
    hl7_in_clear,
    internet,
    plain_passwords,
    sensor_blind,
    sensor_overloaded,
    smb1,
    weak_tls,
)

_ALL = (
    dicom_in_clear,
    hl7_in_clear,
    fhir_in_clear,
    dicom_any_caller,
    internet,
    plain_passwords,
    smb1,
    weak_tls,
    sensor_overloaded,
    sensor_blind,
)


def all_checks() -> list[Check]:
    """Every check, in the order of the documentation."""
    return [module.CHECK for module in _ALL]
