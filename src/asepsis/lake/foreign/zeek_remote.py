"""Which fields of Zeek's logs of authentication, remote screens and management (ntlm, rdp, rfb, snmp) become which columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from asepsis.lake.foreign.clean import host, integer, matching, moment, named, one_of, seconds, terms, truth, withheld, within
from asepsis.lake.foreign.mapping import Fields
from asepsis.lake.foreign.rows import Pseudonyms, Row

NTLM: Fields = {
    "username": lambda value, keys: {"username_seen": bool(value)},
    # It stands in the pseudonym of the account.
    "domainname": lambda value, keys: {},
    "hostname": ("hostname", host),
    "server_nb_computer_name": ("server_nb_computer_name", host),
    "server_dns_computer_name": ("server_dns_computer_name", host),
    "server_tree_name": lambda value, keys: None,
    "success": ("success", truth),
}


def ntlm(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """The pseudonym of an account is of its domain and its name."""
    domain, user = values.get("domainname") or "", values.get("username")
    if isinstance(domain, str) and isinstance(user, str) and user:
        row["account"] = keys.of(f"{domain}\\{user}")
    return (row,)


_REFUSALS = terms(
    "ssl_required_by_server ssl_not_allowed_by_server ssl_cert_not_on_server inconsistent_flags hybrid_required_by_server"
    " ssl_with_user_auth_required_by_server"
)
_LEVELS = {"None": "none", "Low": "low", "Client compatible": "client_compatible", "High": "high", "FIPS": "fips"}
_BUILD = re.compile(r"client_build-([0-9]{1,5})")

RDP: Fields = {
    "cookie": lambda value, keys: {"cookie_seen": True},
    "result": ("result", named({word: word for word in _REFUSALS} | {"encrypted": "success", "success": "success"}, str.lower)),
    "security_protocol": lambda value, keys: (
        {"security_protocol": word, "nla": str(word).startswith("hybrid")}
        if (word := one_of(terms("rdp ssl hybrid rdstls hybrid_ex"), str.lower)(value))
        else None
    ),
    "client_build": ("client_build", lambda value: integer(found[1]) if (found := _BUILD.fullmatch(str(value))) else None),
    "client_name": ("client_name", host),
    "encryption_level": ("encryption_level", named(_LEVELS)),
    "encryption_method": ("encryption_method", one_of(terms("none 40bit 56bit 128bit fips"), str.lower)),
}

_METHODS = {
    "Invalid": "invalid", "None": "none", "VNC": "vnc", "Tight": "tight", "Ultra": "ultra", "TLS": "tls", "VeNCrypt": "vencrypt",
    "GTK-VNC SASL": "sasl", "MD5 hash authentication": "md5", "Colin Dean xvp": "xvp", "Apple Remote Desktop": "ard",
}  # fmt: skip
_VERSION = matching(r"[0-9]{3}")

RFB: Fields = {
    "client_major_version": ("client_major_version", _VERSION),
    "client_minor_version": ("client_minor_version", _VERSION),
    "server_major_version": ("server_major_version", _VERSION),
    "server_minor_version": ("server_minor_version", _VERSION),
    "authentication_method": ("authentication_method", named(_METHODS)),
    "auth": ("auth", truth),
    "share_flag": ("share_flag", truth),
    "desktop_name": lambda value, keys: None,
    "width": ("width", within(0, 65535)),
    "height": ("height", within(0, 65535)),
}

SNMP: Fields = {
    "duration": ("duration", seconds),
    "version": ("version", one_of(("1", "2c", "3"))),
    # The longer list of those that makers hand out is the core's.
    "community": lambda value, keys: {"marks": ["snmp-default-community"]} if value in ("public", "private") else None,
    "get_requests": ("get_requests", integer),
    "get_bulk_requests": ("get_bulk_requests", integer),
    "get_responses": ("get_responses", integer),
    "set_requests": ("set_requests", integer),
    "display_string": ("sys_descr", withheld),
    "up_since": ("up_since", moment),
}
