"""The hospital's directory (LDAP, Active Directory), as `ldap.toml` in the site names it: optional; TOML 1.0.

servers = ["ldaps://dc1.hospital.example", "ldaps://dc2.hospital.example"]   # asked one after another
start_tls = false                       # true: for ldap://, which speaks TLS then before anything is said
ca_file = "/etc/ssl/hospital-ca.pem"    # who signs their certificates; left out: whom this machine trusts
bind_dn = "CN=asepsis,OU=Services,DC=hospital,DC=example"    # who looks people up
bind_password_file = "/etc/asepsis/ldap-password"            # its password, in a file that its owner alone reads
people = "OU=Staff,DC=hospital,DC=example"                   # where people stand
name = "sAMAccountName"                 # by what they are called; of OpenLDAP: "uid"
groups = "OU=Groups,DC=hospital,DC=example"                  # where groups stand (objectClass group or groupOfNames)
nested = true                           # groups in groups count
timeout_s = 5

[roles]                                 # whoever is in none of these groups does not come in; the first that fits counts
administrator = ["CN=asepsis-admins,OU=Groups,DC=hospital,DC=example"]
analyst = ["CN=it-security,OU=Groups,DC=hospital,DC=example"]
"""

from __future__ import annotations

import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asepsis.kit.errors import BadInput

from .role import Role

FILE = "ldap.toml"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TEXTS = ("ca_file", "bind_dn", "bind_password_file", "people", "name", "groups")
_NEEDED = ("servers", "bind_dn", "bind_password_file", "people", "name", "groups", "roles")
_KNOWN = {*_TEXTS, *_NEEDED, "start_tls", "nested", "timeout_s"}
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
"""RFC 4512 1.4, keystring."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What the file says. `timeout_s` is in seconds, for each server and each question. Of `roles` the first whose group fits counts."""

    servers: tuple[str, ...]
    start_tls: bool
    ca_file: str
    bind_dn: str
    bind_password_file: str
    people: str
    name: str
    groups: str
    nested: bool
    timeout_s: int
    roles: tuple[tuple[Role, tuple[str, ...]], ...]

    def password(self) -> str:
        """Of who looks people up. Raises BadInput for a file that cannot be read, or that others may read too."""
        file = Path(self.bind_password_file)
        try:
            mode, said = file.stat().st_mode, file.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput("cannot read the password of the directory", file, getattr(error, "strerror", "") or "no text") from None
        if stat.S_IMODE(mode) & 0o077:
            raise BadInput("others may read the password of the directory", file, "chmod 600 it")
        if not said:
            raise BadInput("this file of a password is empty", file, "write the password into it")
        return said


def read(site: Path) -> Directory | None:
    """The directory of a site; None where it names none. Raises BadInput with what is wrong in the file."""
    file = site / FILE
    if not file.exists():
        return None
    try:
        return understood(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("not understood", file, error) from None
    except ValueError as error:
        raise BadInput("not understood", file, error) from None


def understood(said: dict[str, Any]) -> Directory:
    """Raises ValueError with what is wrong."""
    for key in _NEEDED:
        if not said.get(key):
            raise ValueError(f"{key} is missing")
    if said.keys() - _KNOWN:
        raise ValueError(f"{min(said.keys() - _KNOWN)} is no key of this file")
    texts = {key: said.get(key, "") for key in _TEXTS}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise ValueError(f"{key} is no text")
    if not _ATTRIBUTE.fullmatch(texts["name"]):
        raise ValueError("name is no attribute")
    start_tls, nested, timeout = said.get("start_tls", False), said.get("nested", False), said.get("timeout_s", 5)
    if not isinstance(start_tls, bool) or not isinstance(nested, bool):
        raise ValueError("start_tls and nested are true or false")
    if type(timeout) is not int or not 1 <= timeout <= 30:
        raise ValueError("timeout_s is a number of seconds from 1 to 30")
    return Directory(
        _servers(said["servers"], start_tls), start_tls, **texts, nested=nested, timeout_s=timeout, roles=_roles(said["roles"])
    )


def _servers(said: Any, start_tls: bool) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise ValueError('servers is a list, as ["ldaps://dc1.hospital.example"]')
    for one in said:
        parts = urlsplit(one)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or any(mark.isspace() for mark in one):
            raise ValueError(f"{one} is no server: write ldaps://NAME")
        if parts.scheme == "ldap" and not start_tls and parts.hostname not in LOOPBACK:
            raise ValueError(f"passwords would go to {one} in the clear: write ldaps://, or start_tls = true")
        if parts.scheme == "ldaps" and start_tls:
            raise ValueError(f"{one} speaks TLS already: leave start_tls out")
    return tuple(said)


def _roles(said: Any) -> tuple[tuple[Role, tuple[str, ...]], ...]:
    if not isinstance(said, dict):
        raise ValueError("roles is a table")
    found = []
    for role, groups in said.items():
        if role not in list(Role):
            raise ValueError(f"{role} is no role: {', '.join(Role)}")
        if not isinstance(groups, list) or not groups or not all(isinstance(one, str) and "=" in one for one in groups):
            raise ValueError(f"roles.{role} is a list of names of groups, as CN=it-security,OU=Groups,DC=hospital,DC=example")
        found.append((Role(role), tuple(groups)))
    return tuple(found)
