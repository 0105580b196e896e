"""A mail server that takes messages and counts them: RFC 5321, with STARTTLS (RFC 3207) where it has a certificate. By aiosmtpd.

    python range/daemons/mail_server.py --listen 10.1.8.25:25 --listen 10.1.8.25:587 --name mail.hospital.test --status FILE \
        [--cert C --key K] [--login USER:PASSWORD]

With `--login`, nobody sends without. What a message says is not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import email
import hmac
import logging
import ssl
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from address import place
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from status import Status

MESSAGE_BYTES = 32 << 20


class Counter:
    """The handler of every connection."""

    def __init__(self, status: Status) -> None:
        self.status = status

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        self.status.count("messages")
        self.status.count("recipients", by=len(envelope.rcpt_tos))
        self.status.count("bytes", by=len(raw))
        with contextlib.suppress(Exception):  # a message that is none is taken all the same, as mail servers do
            parts = email.message_from_bytes(raw).walk()
            self.status.count("attachments", by=sum(part.get_content_disposition() == "attachment" for part in parts))
        return "250 2.0.0 OK"

    def handle_STARTTLS(self, _server: SMTP, _session: Session, _envelope: Envelope) -> bool:
        self.status.count("encrypted")
        return True


def authenticator(login: str, status: Status) -> Any:
    user, _, password = login.partition(":")

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.login == user.encode() and hmac.compare_digest(given.password, password.encode())
        status.count("logins" if right else "logins_refused")
        return AuthResult(success=right, handled=right)

    return check


async def run(asked: argparse.Namespace) -> None:
    status = Status(asked.status, messages=0, recipients=0)
    tls = None
    if asked.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(asked.cert, asked.key)
    more: dict[str, Any] = {"tls_context": tls} if tls else {"auth_require_tls": False}
    if asked.login:
        more |= {"authenticator": authenticator(asked.login, status), "auth_required": True}
    loop = asyncio.get_running_loop()
    handler = Counter(status)

    def talk() -> SMTP:
        return SMTP(handler, data_size_limit=MESSAGE_BYTES, hostname=asked.name, ident=asked.ident, enable_SMTPUTF8=True, loop=loop, **more)

    servers = [await loop.create_server(talk, *one) for one in asked.listen]
    print(f"listening {len(servers)}", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=place, action="append", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--name", default="mail.hospital.test")
    parser.add_argument("--ident", default="ESMTP ZZ Example Mail 3.7", help="what the greeting says behind the name")
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--login", default="", metavar="USER:PASSWORD")
    parser.add_argument("--status", type=Path)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
