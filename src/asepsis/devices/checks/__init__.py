"""The checks of this room, each in a file with rows that fire it and rows that do not."""

from __future__ import annotations

from asepsis.findings.service import Check

from . import (
    admin_in_clear,
    fhir_without_authorization,
    plain_passwords,
    smb1,
    smb_signing_off,
)

_ALL = (
    admin_in_clear,
    fhir_without_authorization,
    plain_passwords,
    smb1,
    smb_signing_off,
)


def all_checks() -> list[Check]:
    """Every check, in the order of the documentation."""
    return [module.CHECK for module in _ALL]
