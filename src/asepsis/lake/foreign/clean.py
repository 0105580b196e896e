"""What of a foreign value may be kept, and in which form.

A converter takes a value as its log has it and gives it in the form of the core, or None if it may not be kept: then it is counted by name.
A text is kept only where it is one of a list, or is built so that it can hold no words of people. Whatever needs the vocabularies of the
packet core (agents, certificate names, paths of URIs, media types) is withheld.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from time import time
from typing import Any

Convert = Callable[[Any], object]

INT64 = 2**63
# The calendar, in microseconds since 1970: years 1 to 9999.
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
# What a sensor saw: Zeek, the older of the two, was begun in 1995 (Paxson 1998).
OLDEST_US = 788_918_400_000_000
# Clocks disagree by hours (a zone that was not set), not by days.
AHEAD_S = 86_400
# Zeek's JSON::TS_MILLIS writes milliseconds; as seconds such a number would be a time after the year 9999.
MILLIS_FROM = 253_402_300_800
# Addresses and names that are remembered: most lines repeat them.
REMEMBERED = 65_536
# Most entries of a list that are kept.
LIST = 256


def terms(text: str) -> frozenset[str]:
    """The words of a list, as it reads best."""
    return frozenset(text.split())


def word(value: object) -> str:
    """A text as it is; of anything else nothing."""
    return value if isinstance(value, str) else ""


def withheld(value: object) -> None:
    """What cannot be cleaned here: never kept."""


def integer(value: object) -> int | None:
    """A count that fits a column."""
    if type(value) is int:
        return value if -INT64 <= value < INT64 else None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = int(value) if not isinstance(value, float) or value.is_integer() else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and -INT64 <= number < INT64 else None


def seconds(value: object) -> float | None:
    """A span of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def truth(value: object) -> bool | None:
    """JSON's booleans, and T and F of Zeek's text."""
    if isinstance(value, bool):
        return value
    return {"T": True, "F": False, "true": True, "false": False}.get(value) if isinstance(value, str) else None


def moment(value: object) -> int | None:
    """A time as microseconds since 1970: seconds, milliseconds, or ISO 8601; without an offset it is UTC."""
    if isinstance(value, str) and not value.replace(".", "", 1).lstrip("-").isdecimal():
        try:
            time = datetime.fromisoformat(value)
            since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    number = seconds(value)
    if number is None:
        return None
    micros = round(number * (1e3 if abs(number) >= MILLIS_FROM else 1e6))
    return micros if FIRST_US <= micros <= LAST_US else None


def stamp(value: object) -> int | None:
    """When something was seen, as microseconds since 1970: neither before there were such logs, where a date of birth may stand in its
    place, nor after tomorrow, for one clock that is ahead would set the time by which the whole lake is judged."""
    micros = moment(value)
    return micros if micros is not None and OLDEST_US <= micros <= (time() + AHEAD_S) * 1e6 else None


def address(value: object) -> str | None:
    """An address as the core writes it."""
    return _address(value) if isinstance(value, str) and len(value) <= 45 else None


@lru_cache(REMEMBERED)
def _address(value: str) -> str | None:
    try:
        found = ip_address(value)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found) if "%" not in value else None


_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def mac(value: object) -> str | None:
    """A hardware address."""
    text = value.lower().replace("-", ":") if isinstance(value, str) else ""
    return text if _MAC.fullmatch(text) else None


def matching(pattern: str) -> Convert:
    """Texts that are built so."""
    compiled = re.compile(pattern)
    return lambda value: value if isinstance(value, str) and compiled.fullmatch(value) else None


def one_of(words: Iterable[str], form: Callable[[str], str] = str) -> Convert:
    """Words of a list, brought in this form first."""
    known = frozenset(words)

    def convert(value: object) -> str | None:
        word = form(value) if isinstance(value, str) and len(value) <= 64 else None
        return word if word in known else None

    return convert


def named(table: dict[str, Any], form: Callable[[str], str] = str) -> Convert:
    """What a list has for the word."""
    return lambda value: table.get(form(value)) if isinstance(value, str) and len(value) <= 64 else None


def each(convert: Convert, other: object = None) -> Convert:
    """A list of which every entry can be kept; `other` stands for one that cannot, and without it the list is withheld."""

    def entries(value: object) -> list[object] | None:
        if not isinstance(value, list):
            value = [value]
        kept = [convert(entry) for entry in value[:LIST]]
        kept = [other if entry is None else entry for entry in kept]
        return None if any(entry is None for entry in kept) else kept

    return entries


def within(low: int, high: int) -> Convert:
    """A number of so many."""

    def convert(value: object) -> int | None:
        number = integer(value)
        return number if number is not None and low <= number <= high else None

    return convert


def hexadecimal(*lengths: int) -> Convert:
    """A digest of this many digits; a serial of any number up to 40 (RFC 5280 4.1.2.2), written as the core does."""
    digits = re.compile(r"[0-9a-f]+")

    def convert(value: object) -> str | None:
        text = value.replace(":", "").lower() if isinstance(value, str) and len(value) <= 200 else ""
        fits = len(text) in lengths if lengths else len(text) <= 40
        return text if fits and digits.fullmatch(text) else None

    return convert


# Ends of public names: RFC 1591 and the common ones since; two letters are a country's.
_PUBLIC = terms(
    "com net org edu gov mil int info biz name pro aero coop museum arpa app cloud dev online site top xyz club shop live icu link"
)
# Words that services are named by. They name nobody.
_PLAIN = terms("""
    a ads api apps arc array assets auth autodiscover aws azure azureedge backend blob cache cdn client cloud cloudapp cloudfront clo
    config connect content
    core crl ctldl data db dc dl dns docs download downloads edge events ecs fe files fp ftp gateway gc get git global go
    graph gslb host http https id images img imap in ip ipv iot kdc kerberos kpasswd kv ldap lb login logs mail maps metrics mobile mqtt
    msdcs mx nexus nexusrules ns ntp ocsp office officeapps officecdn officeclient onedrive oneclient origin pipe policy pool pop portal
    prod proxy public push region registry relay repo roaming s san sd secure security server service services settings sip sites smtp socks
    sso static stats status storage store stun svc sync tcp tele telemetry time tls tm traffic trafficmanager turn udp update updates upload
    us eu east west north south self v vo vpn vortex watson wdcp web webdav win windows windowsupdate wpad ws www zone
    first name default domaindnszones forestdnszones pdc
    """)
_LABEL = re.compile(r"[a-z0-9_-]{1,63}|\*")
HIDDEN = "*"


def host(value: object) -> str | None:
    """A host name, of which only what is plainly no person's is left: `*` stands for other labels; None if nothing tells.

    An address stands. Under a public domain the registered name stands, as in the core: it is what an attacker's servers are known by.
    A name of the house (`annas-pc.klinik.local`) is withheld unless all its words are those of services: the words of people and wards are
    known to the core only.
    """
    return _host(value) if isinstance(value, str) and len(value) <= 255 else None


def authority(value: object) -> str | None:
    """The host of what a URI begins with: without who is to be let in before it, and the port behind it (RFC 3986 section 3.2)."""
    if not isinstance(value, str):
        return None
    where = value.rpartition("@")[2]
    name, _, port = where.partition(":") if where.count(":") == 1 else (where, "", "")
    return host(name) if not port or port.isdecimal() else None


@lru_cache(REMEMBERED)
def _host(value: str) -> str | None:
    if (found := address(value)) is not None:
        return found
    name = value.rstrip(".").lower()
    labels = name.split(".")
    if not name or not all(map(_LABEL.fullmatch, labels)):
        return None
    public = len(labels) > 1 and (labels[-1] in _PUBLIC or (len(labels[-1]) == 2 and labels[-1].isalpha()))
    if not public:
        return name if all(map(_is_plain, labels)) else None
    lower = labels[:-2]
    return ".".join([label if _is_plain(label) else HIDDEN for label in lower] + labels[-2:])


def _is_plain(label: str) -> bool:
    """Whether a label is made of words of services, and of numbers too short for a person's."""
    words = [word for part in re.split("[-_*]", label) for word in re.split("([0-9]+)", part) if word]
    return all(len(word) <= 3 if word.isdecimal() else word in _PLAIN for word in words)
