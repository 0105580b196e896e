"""The checks of this room, each in a file with rows that fire it and rows that do not."""

from __future__ import annotations

from asepsis.findings.service import Check

from . import (
    astm_in_clear,
    calls_in_clear,
    certificate_expiring,
    database_in_clear,
    dicom_in_clear,
    dicomweb_in_clear,
    directory_in_clear,
    fhir_in_clear,
    hl7_in_clear,
    mail_in_clear,
    poct1_in_clear,
    portal_in_clear,
    sdc_in_clear,
    self_signed_clinical,
    shared_certificate,
    weak_cipher,
    weak_tls,
)

_ALL = (
    astm_in_clear,
    calls_in_clear,
    certificate_expiring,
    database_in_clear,
    dicom_in_clear,
    dicomweb_in_clear,
    directory_in_clear,
    fhir_in_clear,
    hl7_in_clear,
    mail_in_clear,
    poct1_in_clear,
    portal_in_clear,
    sdc_in_clear,
    self_signed_clinical,
    shared_certificate,
    weak_cipher,
    weak_tls,
)


def all_checks() -> list[Check]:
    """Every check, in the order of the documentation."""
    return [module.CHECK for module in _ALL]
