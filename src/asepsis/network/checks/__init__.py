"""The checks of this room, each in a file with rows that fire it and rows that do not."""

from __future__ import annotations

from asepsis.findings.service import Check

from . import (
    ae_title_twice,
    called_through_tunnel,
    dicom_any_caller,
    hl7_test_messages,
    hl7_unacknowledged,
    implementation_changed,
    internet,
    names_answered,
    not_isolated,
    reached_from_internet,
    resolver_outside,
    sensor_blind,
    sensor_overloaded,
    time_outside,
    unknown_in_clinical_zone,
    vlan_otherwise,
    zone_crossing,
)

_ALL = (
    dicom_any_caller,
    ae_title_twice,
    implementation_changed,
    hl7_test_messages,
    hl7_unacknowledged,
    internet,
    reached_from_internet,
    called_through_tunnel,
    names_answered,
    resolver_outside,
    sensor_blind,
    sensor_overloaded,
    time_outside,
    unknown_in_clinical_zone,
    zone_crossing,
    not_isolated,
    vlan_otherwise,
)


def all_checks() -> list[Check]:
    """Every check, in the order of the documentation."""
    return [module.CHECK for module in _ALL]
