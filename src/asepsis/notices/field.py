"""What a person states of a channel: fields of a form, and the checks that channels share."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asepsis.kit.errors import WrongUse

from .notice import Message
from .reach import Reach, trusting

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_CHOICE_MOST, AUTHORITY_MOST = 200, 64 << 10


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its `name`, what a person reads, how it is entered, and what to choose from. What is `secret` is sealed, and shown to
    nobody again; where it is left empty what was kept stays."""

    name: str
    words: str
    hint: str = ""
    input: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    needed: bool = True
    secret: bool = False


Settings = dict[str, Any]
Secrets = dict[str, str]
Checked = Callable[[Mapping[str, str], Secrets], tuple[Settings, Secrets]]
"""What a person entered, and the secrets that are kept, as settings and secrets. Raises WrongUse."""
Send = Callable[[Settings, Secrets, Message, str, Reach], str]
"""Sends a message with a link to the console; what came back in words. Raises Undelivered."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to send: its name, in words, what has to be stated of it, where it goes in words, and how it sends."""

    name: str
    words: str
    fields: tuple[Field, ...]
    checked: Checked
    where: Callable[[Settings], str]
    send: Send


AUTHORITY = Field(
    "authority",
    "Certificate authority",
    "PEM. Only where the certificate is from an authority of the hospital that this machine does not know.",
    "textarea",
    needed=False,
)


def host(given: Mapping[str, str]) -> str:
    """The field `host`: a name or an address."""
    told = given.get("host", "").strip().strip("[]")
    if not _HOST.fullmatch(told):
        raise WrongUse("no name of a machine", told[:80] or "server", "write mail.hospital.example, or an address")
    return told


def port(given: Mapping[str, str], usual: int) -> int:
    """The field `port`; the usual one where it is empty."""
    told = given.get("port", "").strip()
    if not told:
        return usual
    if not (told.isascii() and told.isdigit() and len(told) < 6 and 0 < int(told) < 65_536):
        raise WrongUse("no port", told[:20], "write a number from 1 to 65535")
    return int(told)


def choice(given: Mapping[str, str], field: Field) -> str:
    """A field of which one value is chosen."""
    told = given.get(field.name, "")
    if told not in dict(field.choices):
        raise WrongUse("no such choice", told[:40] or field.words, f"choose {', '.join(name for name, _ in field.choices)}")
    return told


def text(given: Mapping[str, str], name: str) -> str:
    """A field of one line that protocols may carry: printable ASCII, so that nothing can end a line in it."""
    told = given.get(name, "").strip()
    if len(told) > _CHOICE_MOST or not (told.isascii() and (told.isprintable() or not told)):
        raise WrongUse(f"the {name} is too long, or no plain text", told[:40], "write it in up to 200 letters, digits and signs")
    return told


def authority(given: Mapping[str, str]) -> str:
    """The field `authority`: certificates in PEM, or nothing."""
    told = given.get("authority", "").strip()
    if not told:
        return ""
    try:
        if len(told) > AUTHORITY_MOST or not told.isascii():
            raise ValueError
        trusting(told)
    except (ValueError, ssl.SSLError, OSError):
        raise WrongUse("not certificates in PEM", todo="paste text that begins with -----BEGIN CERTIFICATE-----") from None
    return told
