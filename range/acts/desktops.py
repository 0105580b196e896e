"""Remote desktops from the caller's side, as far as it is in clear: negotiation, cookie, the turn to TLS (MS-RDPBCGR 2.2.1.1, 5.4.5.1)."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime

from act import Doing
from lan import RangeError
from state import Hospital

RDP_PORT, TIMEOUT_S = 3389, 20
TLS = 1
ACCEPTED = 2
"""TYPE_RDP_NEG_RSP: the server chose (2.2.1.2.1)."""


def desktop(to: str, user: str, times: int = 1) -> Doing:
    """Call a desktop, a connection each time: ask for TLS under a user's name, shake hands, leave before the screen comes."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        for _ in range(times):
            _once(hospital.address(to), user)

    return doing


def _once(address: str, user: str) -> None:
    told = f"Cookie: mstshash={user}\r\n".encode() + bytes((1, 0, 8, 0, TLS, 0, 0, 0))
    request = bytes((len(told) + 6, 0xE0, 0, 0, 0, 0, 0)) + told  # X.224 connection request, behind TPKT (RFC 1006)
    with socket.create_connection((address, RDP_PORT), TIMEOUT_S) as link:
        link.sendall(bytes((3, 0, 0, len(request) + 4)) + request)
        answer = link.recv(256)
        if len(answer) < 19 or answer[11] != ACCEPTED:
            raise RangeError(f"the desktop does not want TLS: {answer.hex()}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(link) as hidden:
            hidden.settimeout(0.3)
            try:
                hidden.recv(1)
            except TimeoutError:
                return
