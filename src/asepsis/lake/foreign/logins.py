"""Logins in Zeek's ftp, ldap, smtp and ssh logs, kept as the core keeps them (crates/wire/src/protocols): who logged in is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from asepsis.lake.foreign.clean import host, terms, word
from asepsis.lake.foreign.mapping import PART
from asepsis.lake.foreign.rows import Pseudonyms, Row

# RFC 4511 4.1.9, as the core writes them; Zeek puts spaces between their words.
_RESULTS = {
    0: "success", 1: "operationsError", 2: "protocolError", 3: "timeLimitExceeded", 4: "sizeLimitExceeded", 7: "authMethodNotSupported",
    8: "strongerAuthRequired", 10: "referral", 11: "adminLimitExceeded", 12: "unavailableCriticalExtension", 13: "confidentialityRequired",
    14: "saslBindInProgress", 16: "noSuchAttribute", 32: "noSuchObject", 34: "invalidDNSyntax", 48: "inappropriateAuthentication",
    49: "invalidCredentials", 50: "insufficientAccessRights", 51: "busy", 52: "unavailable", 53: "unwillingToPerform", 80: "other",
}  # fmt: skip
_BY_NAME = {name.lower(): (code, name) for code, name in _RESULTS.items()}
_BINDS = {"bind simple": "simple", "bind sasl": "sasl", "bind": None}
# Algorithms that servers of the last twenty years agree on (crates/wire/data/ssh_algorithms.txt, ssh_weak.txt).
ALGORITHMS = terms("""
    curve25519-sha256 curve25519-sha256@libssh.org ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521 sntrup761x25519-sha512
    sntrup761x25519-sha512@openssh.com mlkem768x25519-sha256 diffie-hellman-group1-sha1 diffie-hellman-group14-sha1
    diffie-hellman-group14-sha256 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group-exchange-sha1
    diffie-hellman-group-exchange-sha256 ssh-ed25519 ssh-rsa ssh-dss rsa-sha2-256 rsa-sha2-512 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384
    ecdsa-sha2-nistp521 chacha20-poly1305@openssh.com aes128-gcm@openssh.com aes256-gcm@openssh.com aes128-ctr aes192-ctr aes256-ctr
    aes128-cbc aes192-cbc aes256-cbc 3des-cbc blowfish-cbc cast128-cbc arcfour arcfour128 arcfour256 rijndael-cbc@lysator.liu.se
    hmac-sha2-256 hmac-sha2-512 hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-sha1 hmac-sha1-96 hmac-md5 hmac-md5-96
    hmac-sha1-etm@openssh.com hmac-ripemd160 umac-64@openssh.com umac-128@openssh.com umac-64-etm@openssh.com umac-128-etm@openssh.com
    none zlib zlib@openssh.com
    """)


def user(value: Any, keys: Pseudonyms) -> Row:
    """That there was one, and whether it was everybody."""
    return {"user_seen": value != "<unknown>", "anonymous": value in ("anonymous", "ftp")}


def command(value: Any, keys: Pseudonyms) -> Row:
    """Zeek writes each command of a session: one file fetched, or one stored, at the most."""
    return {"commands": 1, "retrieved": int(value == "RETR"), "stored": int(value in ("STOR", "STOU", "APPE"))}


def ftp(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """A password that is not everybody's: Zeek writes `<hidden>` for it."""
    row["password_seen"] = bool(values.get("password")) and row.get("anonymous") is False
    return (row,)


def result(value: Any, keys: Pseudonyms) -> Row | None:
    """The result and its code."""
    found = _BY_NAME.get(word(value).replace(" ", "").lower())
    return {"result_code": found[0], "result": found[1]} if found else None


def named(value: Any, keys: Pseudonyms) -> Row | None:
    """The name that a bind is for, as its pseudonym."""
    kept = keys.of(value) if isinstance(value, str) else None
    return {"object": kept} if kept else None


def ldap(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Binds only: what else is asked of a directory has no rows of its own in the core either."""
    opcode = word(values.get("opcode")).lower()
    if opcode not in _BINDS:
        return ()
    auth = _BINDS[opcode]
    named = row.get("object") is not None
    if auth == "simple" and not named:
        auth = "anonymous"
    return (row | {"opcode": "bind", "auth": auth, "password_seen": auth == "simple" if auth else None},)


def domains(column: str) -> Any:
    """Of addresses of mail the domains, each once; a name before one is left out."""

    def convert(value: Any, keys: Pseudonyms) -> Row | None:
        given = value if isinstance(value, list) else [value]
        found = dict.fromkeys(host(word(address).strip("<> ").rpartition("@")[2]) or "*" for address in given if "@" in word(address))
        return {column: list(found), PART: True} | ({"recipients": len(given)} if column == "to_domains" else {}) if found else None

    return convert


def reply(value: Any, keys: Pseudonyms) -> Row | None:
    """The code of a reply; its text is anybody's."""
    code = word(value)[:3]
    return {"last_reply": int(code), PART: True} if code.isdecimal() else None
