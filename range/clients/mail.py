"""Somebody who sends mail (RFC 5321, RFC 5322): staff with attachments, or whoever phishes them."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

WAIT_S = 20.0


class MailError(Exception):
    """The server did not take the message."""


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    kind: str  # such as application/pdf
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    sender: str
    to: Sequence[str]
    subject: str
    text: str
    attachments: Sequence[Attachment] = ()
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """How a letter goes to the server: by which name this machine greets, encrypted or not (with which authority), with which login."""

    greeting: str = "pc01.hospital.test"
    starttls: bool = False
    ca: Path | None = None
    login: tuple[str, str] | None = None


def write(letter: Letter, at: datetime) -> EmailMessage:
    """The message, dated by the hospital's clock; its Message-ID is the same for the same letter and time."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = letter.sender, ", ".join(letter.to), letter.subject
    message["Date"] = format_datetime(at)
    told = sha256(f"{letter.sender}{letter.to}{letter.subject}{at}".encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{told}@{letter.sender.rpartition('@')[2]}>"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    for one in letter.attachments:
        main, _, sub = one.kind.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message


def send(address: str, port: int, letter: Letter, at: datetime, way: Way | None = None) -> None:
    """Hand a letter to a server; raises `MailError` where it is not taken for every recipient."""
    way = way or Way()
    try:
        with smtplib.SMTP(address, port, local_hostname=way.greeting, timeout=WAIT_S) as link:
            if way.starttls:
                context = ssl.create_default_context(cafile=way.ca)
                context.check_hostname = False  # hosts of the range are called by address
                link.starttls(context=context)
            if way.login:
                link.login(*way.login)
            refused = link.send_message(write(letter, at), letter.sender, list(letter.to))
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"{address}:{port}: {error}") from error
    if refused:
        raise MailError(f"{address}:{port}: refused for {len(refused)}")
