"""The checks of this room, each in a file with rows that fire it and rows that do not."""

from __future__ import annotations

from asepsis.findings.service import Check

from . import (
    dicom_any_caller,
    internet,
    sensor_blind,
    sensor_overloaded,
)

_ALL = (
    dicom_any_caller,
    internet,
    sensor_blind,
    sensor_overloaded,
)


def all_checks() -> list[Check]:
    """Every check, in the order of the documentation."""
    return [module.CHECK for module in _ALL]
