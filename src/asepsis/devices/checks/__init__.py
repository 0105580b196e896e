"""The checks of this room, each in a file with rows that fire it and rows that do not."""

from __future__ import annotations

from asepsis.findings.service import Check

from . import (
    admin_in_clear,
    default_credentials,
    fhir_without_authorization,
    old_logins,
    plain_passwords,
    rdp_without_nla,
    screen_without_password,
    smb1,
    smb_signing_off,
    snmp_default,
    stated_otherwise,
    system_out_of_support,
)

_ALL = (
    admin_in_clear,
    fhir_without_authorization,
    plain_passwords,
    default_credentials,
    smb1,
    old_logins,
    rdp_without_nla,
    screen_without_password,
    snmp_default,
    system_out_of_support,
    stated_otherwise,
    smb_signing_off,
)


def all_checks() -> list[Check]:
    """Every check, in the order of the documentation."""
    return [module.CHECK for module in _ALL]
