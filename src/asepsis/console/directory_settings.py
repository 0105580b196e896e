"""Settings of django-auth-ldap, made of what `ldap.toml` says. Loaded only where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asepsis.kit.errors import BadInput

from .directory import FILE, Directory


def made(directory: Directory, site: Path) -> dict[str, Any]:
    """By name. Raises BadInput where django-auth-ldap is not installed, and where the password is not to be had."""
    try:
        import ldap
        from django_auth_ldap.config import LDAPSearch, MemberDNGroupType, NestedMemberDNGroupType
    except ImportError:
        raise BadInput("log-in by the directory is not installed", site / FILE, "pip install 'asepsis[ldap]'") from None
    if directory.ca_file and not Path(directory.ca_file).is_file():
        raise BadInput("no such file", directory.ca_file, f"name a PEM file in ca_file of {FILE}")
    options: dict[int, Any] = {
        ldap.OPT_PROTOCOL_VERSION: 3,
        ldap.OPT_REFERRALS: 0,
        ldap.OPT_NETWORK_TIMEOUT: directory.timeout_s,
        ldap.OPT_TIMEOUT: directory.timeout_s,
        ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
        ldap.OPT_X_TLS_PROTOCOL_MIN: 0x303,  # TLS 1.2
    }
    if directory.ca_file:
        options[ldap.OPT_X_TLS_CACERTFILE] = directory.ca_file
    options[ldap.OPT_X_TLS_NEWCTX] = 0  # the last: it takes what was set before
    group = NestedMemberDNGroupType if directory.nested else MemberDNGroupType
    return {
        "AUTH_LDAP_SERVER_URI": " ".join(directory.servers),
        "AUTH_LDAP_START_TLS": directory.start_tls,
        "AUTH_LDAP_CONNECTION_OPTIONS": options,
        "AUTH_LDAP_BIND_DN": directory.bind_dn,
        "AUTH_LDAP_BIND_PASSWORD": directory.password(),
        # What stands for the name is escaped (RFC 4515) by LDAPSearch.
        "AUTH_LDAP_USER_SEARCH": LDAPSearch(directory.people, ldap.SCOPE_SUBTREE, f"({directory.name}=%(user)s)", [directory.name]),
        "AUTH_LDAP_USER_ATTRLIST": [directory.name],
        "AUTH_LDAP_GROUP_SEARCH": LDAPSearch(
            directory.groups, ldap.SCOPE_SUBTREE, "(|(objectClass=groupOfNames)(objectClass=group))", ["cn"]
        ),
        "AUTH_LDAP_GROUP_TYPE": group("member", "cn"),
        "AUTH_LDAP_ALWAYS_UPDATE_USER": False,
    }
