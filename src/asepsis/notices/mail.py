"""Notices by mail, also to a ticket system: what is told of one finding is one thread.

Source: RFC 5322 (3.6.4: Message-ID, In-Reply-To, References), RFC 3834 5 (Auto-Submitted, so that no machine answers), RFC 3207 (STARTTLS),
RFC 8314 (TLS from the first byte). `email` folds and encodes headers, and refuses lines in them.
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Mapping
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from typing import Any

from asepsis.kit.errors import WrongUse, one_line

from .field import AUTHORITY, Field, Kind, Secrets, Settings, authority, choice, host, port, text
from .notice import DECISIONS, Message, Notice
from .reach import SECONDS, Reach, Undelivered, trusting

SECURITY = Field(
    "security",
    "Encryption",
    "With none no password is sent, and the command line must allow the server: asepsis notices allow ADDRESS --plain.",
    "select",
    (("starttls", "STARTTLS (port 587)"), ("tls", "TLS (port 465)"), ("none", "none (port 25)")),
)
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_RECIPIENTS_MOST, _EARLIER_MOST = 20, 3
_ANSWER_MOST = 64 << 10
_POLICY = policy.SMTP.clone(max_line_length=900)
"""Lines below the bound of RFC 5322 2.1.1 stay whole: some readers do not find a Message-ID that stands in the next line."""


def mailed(settings: Settings, message: Message, link: str) -> EmailMessage:
    """The mail of a message. Who gets several of one finding sees a thread: each names all that may have been sent of it before."""
    mail = EmailMessage(_POLICY)
    lead, domain = message.lead, settings["sender"].rpartition("@")[2]
    mail["From"], mail["To"] = settings["sender"], ", ".join(settings["to"])
    about = f" ({lead.about})" if message.total == 1 else ""
    mail["Subject"] = f"[asepsis] {lead.decision}: {message.title}{about}" if message.total == 1 else f"[asepsis] {message.title}"
    mail["Date"] = localtime()
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    if message.total == 1 and (earlier := _earlier(lead)):
        mail["In-Reply-To"] = f"<{earlier[-1]}@{domain}>"
        mail["References"] = " ".join(f"<{key}@{domain}>" for key in earlier)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(_body(message, link))
    return mail


def _earlier(lead: Notice) -> list[str]:
    """The keys that earlier mails may have: of the first turn and the last ones, of each decision. A ticket system finds the one it has."""
    turns = [turn for turn in range(1, lead.turn + 1) if turn == 1 or turn > lead.turn - _EARLIER_MOST]
    keys = [f"{lead.about}.{turn}.{decision}" for turn in turns for decision in DECISIONS]
    return keys[: keys.index(lead.key)] if lead.key in keys else []


def _body(message: Message, link: str) -> str:
    if message.total == 1:
        lead = message.lead
        told = [lead.title, "", f"Decision: {lead.decision}", f"Zone: {lead.zone or 'none'}", f"What: {lead.what.replace('.', ' ')}", ""]
        return "\n".join([*told, f"{link}{lead.path}" if link else "The console has the rest.", ""])
    each = [f"- {one.decision}: {one.title} ({one.zone or 'no zone'})" for one in message.notices]
    told = [f"{message.title}. The gravest:", "", *each, ""]
    return "\n".join([*told, f"All: {link}/" if link else "The console has all of them.", ""])


def _checked(given: Mapping[str, str], kept: Secrets) -> tuple[Settings, Secrets]:
    security = choice(given, SECURITY)
    user, password = text(given, "user"), given.get("password", "")
    recipients = [_address(one) for one in given.get("to", "").replace(";", ",").split(",") if one.strip()]
    if not 0 < len(recipients) <= _RECIPIENTS_MOST:
        raise WrongUse("nobody gets it, or too many", f"{len(recipients)} addresses", f"name 1 to {_RECIPIENTS_MOST}, with commas between")
    if security == "none" and user:
        raise WrongUse("a password is not sent without encryption", todo="choose STARTTLS or TLS, or leave the user out")
    if len(password) > 1000 or not (password.isascii() and (password.isprintable() or not password)):
        raise WrongUse("this password cannot be sent", todo="letters, digits and signs of ASCII are what mail servers agree on")
    where = host(given)
    if user and not password:
        if kept.get("host") != where:
            raise WrongUse("a password is missing", where, "enter it: it is sent to no other server than the one that it was entered for")
        password = kept["password"]
    settings = {
        "host": where,
        "port": port(given, _PORTS[security]),
        "security": security,
        "user": user,
        "sender": _address(given.get("sender", "")),
        "to": recipients,
        "authority": authority(given),
    }
    return settings, {"password": password, "host": where} if user else {}


def _address(given: str) -> str:
    told = given.strip()
    try:
        parsed = Address(addr_spec=told)
        if not told.isascii() or not told.isprintable() or not parsed.domain or len(told) > 254 or " " in told or '"' in told:
            raise ValueError
    except (ValueError, HeaderParseError, IndexError):
        raise WrongUse("no mail address", told[:80], "write name@hospital.example") from None
    return told


def _send(settings: Settings, secrets: Secrets, message: Message, link: str, reach: Reach) -> str:
    security, where = settings["security"], settings["host"]
    tls = None if security == "none" else trusting(settings["authority"])
    mail = mailed(settings, message, link)
    direct = tls if security == "tls" else None
    with reach.connected(where, settings["port"], tls=direct, plain=security == "none") as connection:
        server = _Server(connection, where)
        try:
            if security == "starttls":
                server.starttls(context=tls)
            if settings["user"]:
                server.login(settings["user"], secrets.get("password", ""))
            server.send_message(mail)
            server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            code, refusal = next(iter(error.recipients.values()))
            raise Undelivered(f"the server refuses who should get it: {code} {_decoded(refusal)}", where) from None
        except smtplib.SMTPResponseException as error:
            # What it said to a password may quote it.
            said = "refuses the log-in" if isinstance(error, smtplib.SMTPAuthenticationError) else _decoded(error.smtp_error)
            raise Undelivered(f"the server said {error.smtp_code}: {said}", where) from None
        finally:
            server.close()
    return f"the mail server {where} took it for {len(settings['to'])}"


class _Server(smtplib.SMTP):
    """SMTP over a connection that is there already, whose answers have a bound."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        super().__init__(local_hostname=socket.gethostname(), timeout=SECONDS)
        self._connection, self._left = connection, _ANSWER_MOST
        code, said = self.connect(name, 25)
        self._host = name  # whose certificate STARTTLS asks for
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, *_: Any) -> socket.socket:
        return self._connection

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"), self)
        return super().getreply()


class _Bounded:
    """Lines of a server that may not go on for ever."""

    def __init__(self, lines: Any, server: Any) -> None:
        self._lines, self._server = lines, server

    def readline(self, most: int) -> bytes:
        line: bytes = self._lines.readline(most)
        self._server._left -= len(line)
        if self._server._left < 0:
            raise OSError("the server talks without end")
        return line

    def close(self) -> None:
        self._lines.close()


def _decoded(said: bytes | str) -> str:
    return one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said, 200)


MAIL = Kind(
    "mail",
    "Mail",
    (
        Field("host", "Mail server"),
        SECURITY,
        Field("port", "Port", "The usual one, if left empty.", "number", needed=False),
        Field("user", "User", "If the server asks for one.", needed=False),
        Field("password", "Password", "Sealed, never shown again. Left empty, it stays as it is.", "password", needed=False, secret=True),
        Field("sender", "From", input="email"),
        Field("to", "To", "People, or the address of the ticket system. Several with commas between."),
        AUTHORITY,
    ),
    _checked,
    lambda settings: f"{', '.join(settings['to'])} by {settings['host']}:{settings['port']} ({settings['security']})",
    _send,
)
