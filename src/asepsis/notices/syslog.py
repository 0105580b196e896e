"""Notices to a log server, for a SIEM: syslog with a line of CEF.

Source: RFC 5424 6 (format), RFC 5426 (UDP), RFC 6587 3.4.1 (TCP: octet counting), RFC 5425 4.3 (the same over TLS). The text is MSG-ANY,
without the byte order mark of MSG-UTF8, as readers of CEF look for `CEF:` in the first place.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime

from .cef import cef
from .field import AUTHORITY, Field, Kind, Secrets, Settings, authority, choice, host, port
from .notice import Message
from .reach import Reach, trusting

TRANSPORT = Field(
    "transport",
    "Transport",
    "UDP and TCP are not encrypted: the command line must allow the server with asepsis notices allow ADDRESS --plain.",
    "select",
    (("tls", "TLS (port 6514)"), ("tcp", "TCP (port 601)"), ("udp", "UDP (port 514)")),
)
_PORTS = {"tls": 6514, "tcp": 601, "udp": 514}
LOCAL0 = 16
_SEVERITY = {"immediate": 2, "out-of-cycle": 4, "scheduled": 5, "defer": 6}
"""Decision -> severity of RFC 5424, table 2: critical, warning, notice, informational."""
DATAGRAM_MOST = 2_048
"""Octets that every receiver should take (RFC 5426 3.2)."""


def line(message: Message, link: str, now: datetime, machine: str) -> bytes:
    """One message as RFC 5424 writes it: the bounds of `notice_of` keep it below DATAGRAM_MOST, or it is cut there."""
    name = re.sub(r"[^\x21-\x7e]", "", machine)[:255] or "-"
    when = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    head = f"<{LOCAL0 * 8 + _SEVERITY[message.lead.decision]}>1 {when} {name} asepsis - {message.what[:32]} - "
    whole = (head + cef(message, link)).encode()
    return whole if len(whole) <= DATAGRAM_MOST else whole[:DATAGRAM_MOST].decode("utf-8", "ignore").encode()


def _checked(given: Mapping[str, str], kept: Secrets) -> tuple[Settings, Secrets]:
    transport = choice(given, TRANSPORT)
    return {"host": host(given), "port": port(given, _PORTS[transport]), "transport": transport, "authority": authority(given)}, {}


def _send(settings: Settings, kept: Secrets, message: Message, link: str, reach: Reach) -> str:
    transport, where = settings["transport"], settings["host"]
    told = line(message, link, datetime.now(UTC), socket.gethostname())
    tls = trusting(settings["authority"]) if transport == "tls" else None
    with reach.connected(where, settings["port"], tls, plain=tls is None, datagrams=transport == "udp") as connection:
        connection.sendall(told if transport == "udp" else b"%d %s" % (len(told), told))
    return f"{where} was sent it; syslog does not say whether it was kept"


SYSLOG = Kind(
    "syslog",
    "Syslog (CEF)",
    (
        Field("host", "Log server"),
        TRANSPORT,
        Field("port", "Port", "The usual one, if left empty.", "number", needed=False),
        AUTHORITY,
    ),
    _checked,
    lambda settings: f"{settings['host']}:{settings['port']} ({settings['transport']})",
    _send,
)
