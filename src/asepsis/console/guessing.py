"""How fast somebody may guess at passwords: too slowly to find one, and without keeping out whose password it is.

Wrong ones are counted for a name together with where they come from: a browser that has logged in under this name before (`device`), or
else an address. So who guesses slows himself; others behind his address, and the owner of the name elsewhere or at his own browser, go on.
Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies"; NIST SP 800-63B-3 5.2.2 (waits that grow, up to an hour).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import unicodedata
from datetime import timedelta

FREE = 5
"""So many wrong ones cost nothing: people mistype."""
FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
QUIET = timedelta(hours=1)
"""After so long without a try all is forgotten."""
_SLOTS = 4096
_BACK = timedelta(minutes=1)


def wait(wrong: int, gone: timedelta) -> timedelta:
    """How long to wait still after so many wrong ones, the last of them `gone` ago: twice as long each time, nothing once it is quiet, and
    nothing either where the clock was set back, which nobody shall wait for."""
    if wrong < FREE or not -_BACK < gone < QUIET:
        return timedelta()
    whole = min(FIRST * (1 << min(wrong - FREE, 10)), LONGEST)
    return max(whole - gone, timedelta())


def next_wrong(wrong: int, gone: timedelta) -> int:
    """How many there are with one more."""
    return wrong + 1 if -_BACK < gone < QUIET else 1


def place(key: bytes, name: str, device: str | None, address: str) -> str:
    """Under what tries are counted, in hex. Of the name a slot of 4096 goes into it and no more, because what was typed there may be a
    password; names that nobody has are counted like others. Of an IPv6 address its network (64 bits) counts."""
    typed = unicodedata.normalize("NFKC", name).casefold()
    slot = int.from_bytes(_digest(key, f"name {typed}")[:4], "big") % _SLOTS
    return _digest(key, f"{slot} device {device}" if device else f"{slot} address {_network(address)}").hex()


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
